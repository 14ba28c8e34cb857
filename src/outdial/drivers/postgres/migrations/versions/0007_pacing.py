"""What the pacer of a campaign has learnt outlives the process."""

from __future__ import annotations

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("alter table campaign_counters add column learnt jsonb")
