"""Accounts, and the failures to sign in that throttle guessing."""

from typing import Final

from alembic import op

from migrations.env import runtime_role

revision: Final = "0002"
down_revision: Final = "0001"


def upgrade() -> None:
    op.execute(
        """
        CREATE TABLE account (
            id uuid CONSTRAINT pk_account PRIMARY KEY,
            version integer NOT NULL DEFAULT 1,
            created_at timestamptz NOT NULL DEFAULT now(),
            created_by varchar NOT NULL,
            updated_at timestamptz NOT NULL DEFAULT now(),
            updated_by varchar NOT NULL,
            deleted_at timestamptz,
            kind varchar NOT NULL,
            login varchar NOT NULL,
            name varchar NOT NULL,
            roles varchar[] NOT NULL,
            view jsonb NOT NULL,
            write jsonb NOT NULL,
            active boolean NOT NULL DEFAULT true,
            expires_at timestamptz,
            password_hash varchar,
            secret_digest bytea,
            previous_secret_digest bytea,
            previous_secret_until timestamptz,
            CONSTRAINT uq_account_kind_login UNIQUE (kind, login),
            CONSTRAINT ck_account_kind CHECK (kind IN ('person', 'machine')),
            CONSTRAINT ck_account_credential_of_its_kind CHECK (
                (kind = 'person') = (password_hash IS NOT NULL)
                AND (kind = 'machine') = (secret_digest IS NOT NULL)
            ),
            CONSTRAINT ck_account_overlap CHECK (
                (previous_secret_digest IS NULL) = (previous_secret_until IS NULL)
                AND (previous_secret_digest IS NULL OR kind = 'machine')
            ),
            CONSTRAINT ck_account_has_a_role CHECK (cardinality(roles) > 0),
            CONSTRAINT ck_account_administrators_apart CHECK (
                ('system_administrator' = ANY(roles))::int + ('security_administrator' = ANY(roles))::int
                + ('audit_administrator' = ANY(roles))::int <= 1
            )
        )
        """
    )
    op.execute(
        """
        CREATE TABLE sign_in_failure (
            id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_sign_in_failure PRIMARY KEY,
            login_digest bytea NOT NULL,
            failed_at timestamptz NOT NULL DEFAULT clock_timestamp()
        )
        """
    )
    op.execute(
        "CREATE INDEX ix_sign_in_failure_login_digest_failed_at ON sign_in_failure (login_digest, failed_at)"
    )
    op.execute("CREATE INDEX ix_sign_in_failure_failed_at ON sign_in_failure (failed_at)")
    role = runtime_role()
    op.execute(f'GRANT SELECT, INSERT, UPDATE ON account TO "{role}"')
    op.execute(f'GRANT SELECT, INSERT, DELETE ON sign_in_failure TO "{role}"')
