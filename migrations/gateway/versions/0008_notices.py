"""Notices, and what people wish to be told."""

from typing import Final

from alembic import op

from migrations.env import runtime_role

revision: Final = "0008"
down_revision: Final = "0007"


def upgrade() -> None:
    op.execute(
        """
        CREATE TABLE notice (
            id uuid NOT NULL CONSTRAINT pk_notice PRIMARY KEY,
            account_id uuid NOT NULL CONSTRAINT fk_notice_account_id REFERENCES account (id),
            event_id uuid NOT NULL,
            kind varchar NOT NULL,
            subject_id uuid NOT NULL,
            names jsonb NOT NULL,
            division_path varchar[] NOT NULL,
            zone_id uuid,
            occurred_at timestamptz NOT NULL,
            created_at timestamptz NOT NULL DEFAULT now(),
            read_at timestamptz,
            mail_state varchar NOT NULL,
            mail_attempts integer NOT NULL,
            mail_due_at timestamptz,
            mail_error varchar,
            CONSTRAINT uq_notice_account_id_event_id UNIQUE (account_id, event_id),
            CONSTRAINT ck_notice_mail_state
                CHECK (mail_state IN ('none', 'waiting', 'sending', 'sent', 'failed')),
            CONSTRAINT ck_notice_mail_due
                CHECK ((mail_state IN ('waiting', 'sending')) = (mail_due_at IS NOT NULL))
        )
        """
    )
    op.execute(
        "CREATE INDEX ix_notice_inbox ON notice (account_id, ((read_at IS NULL)::integer), created_at, id)"
    )
    op.execute("CREATE INDEX ix_notice_mail_due_at ON notice (mail_due_at) WHERE mail_due_at IS NOT NULL")
    op.execute(
        """
        CREATE TABLE notice_settings (
            id uuid NOT NULL CONSTRAINT pk_notice_settings PRIMARY KEY
                CONSTRAINT fk_notice_settings_id REFERENCES account (id),
            version integer NOT NULL,
            created_at timestamptz NOT NULL DEFAULT now(),
            created_by varchar NOT NULL,
            updated_at timestamptz NOT NULL DEFAULT now(),
            updated_by varchar NOT NULL,
            deleted_at timestamptz,
            email varchar,
            channels jsonb NOT NULL
        )
        """
    )
    op.execute(f'GRANT SELECT, INSERT, UPDATE ON notice, notice_settings TO "{runtime_role()}"')
