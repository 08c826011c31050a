"""History of zones and divisions, which begins with what is on record."""

from typing import Final

from alembic import op

from chassis.schema_steps.history import create_history
from migrations.env import runtime_role

revision: Final = "0007"
down_revision: Final = "0006"


def upgrade() -> None:
    create_history(op.execute, runtime_role())
    # a zone holds from the day on which it was entered until somebody says since when it did
    op.execute(
        """
        INSERT INTO history (kind, subject_id, since_version, valid_from, opened_by, recorded_from,
                             actor, changed, division_path, zone_id, data)
        SELECT 'zone', t.id, t.version, (t.created_at AT TIME ZONE 'Asia/Shanghai')::date,
               coalesce(numbered.event_id, waiting.event_id, gen_random_uuid()),
               CASE WHEN waiting.event_id IS NULL THEN coalesce(numbered.stamped_at, t.updated_at) END,
               t.updated_by, '[]', t.division_path, t.id,
               to_jsonb(t) || jsonb_build_object('external_ids', (
                   SELECT coalesce(jsonb_agg(jsonb_build_object('system', e.system, 'value', e.value)
                                             ORDER BY e.system, e.value), '[]')
                   FROM zone_external_id AS e WHERE e.zone_id = t.id))
        FROM zone AS t
        LEFT JOIN feed AS numbered ON numbered.subject_id = t.id AND numbered.version = t.version
        LEFT JOIN outbox AS waiting ON waiting.subject_id = t.id AND waiting.version = t.version
        WHERE t.deleted_at IS NULL
        """
    )
    op.execute(
        """
        INSERT INTO history (kind, subject_id, since_version, valid_from, valid_to, opened_by, recorded_from,
                             actor, changed, division_path, data)
        SELECT 'division', t.id, t.version, to_date(t.first_edition, 'YYYYMM'),
               to_date(t.gone_by_edition, 'YYYYMM'), gen_random_uuid(), t.updated_at,
               t.updated_by, '[]', '{}', to_jsonb(t)
        FROM division AS t WHERE t.deleted_at IS NULL
        """
    )
