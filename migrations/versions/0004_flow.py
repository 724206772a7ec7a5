"""Routes, budgets, spend, the daily proof, muted phones; who pays for a batch; who hears of incidents."""

import sqlalchemy as sa
from alembic import op

import core.db

revision = '0004'
down_revision = '0003'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('budgets',
    sa.Column('payer', sa.String(), nullable=False),
    sa.Column('period', sa.String(), nullable=False),
    sa.Column('currency', sa.String(), nullable=False),
    sa.Column('amount', sa.Numeric(precision=14, scale=2), nullable=False),
    sa.Column('warned_on', sa.Date(), nullable=True),
    sa.PrimaryKeyConstraint('payer', 'period', name=op.f('pk_budgets'))
    )
    op.create_table('mutes',
    sa.Column('phone', sa.String(), nullable=False),
    sa.Column('until', core.db.Moment(timezone=True), nullable=False),
    sa.Column('why', sa.String(), nullable=False),
    sa.Column('at', core.db.Moment(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('phone', name=op.f('pk_mutes'))
    )
    op.create_table('proofs',
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('planned', sa.Integer(), nullable=False),
    sa.Column('sent', sa.Integer(), nullable=False),
    sa.Column('refused', sa.Integer(), nullable=False),
    sa.Column('not_sent', sa.Integer(), nullable=False),
    sa.Column('unconfirmed', sa.Integer(), nullable=False),
    sa.Column('suppressed', sa.Integer(), nullable=False),
    sa.Column('expired', sa.Integer(), nullable=False),
    sa.Column('cancelled', sa.Integer(), nullable=False),
    sa.Column('deferred', sa.Integer(), nullable=False),
    sa.Column('waiting', sa.Integer(), nullable=False),
    sa.Column('missing', sa.Integer(), nullable=False),
    sa.Column('at', core.db.Moment(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('day', name=op.f('pk_proofs'))
    )
    op.create_table('routes',
    sa.Column('gateway', sa.String(), nullable=False),
    sa.Column('operator', sa.String(), nullable=False),
    sa.Column('rank', sa.Integer(), nullable=False),
    sa.Column('per_second', sa.Integer(), nullable=False),
    sa.Column('calls', sa.Integer(), nullable=False),
    sa.Column('price', sa.Numeric(precision=8, scale=4), nullable=False),
    sa.Column('currency', sa.String(), nullable=False),
    sa.Column('tokens', sa.Double(), nullable=False),
    sa.Column('filled_at', core.db.Moment(timezone=True), nullable=True),
    sa.PrimaryKeyConstraint('gateway', 'operator', name=op.f('pk_routes'))
    )
    op.create_table('paces',
    sa.Column('gateway', sa.String(), nullable=False),
    sa.Column('operator', sa.String(), nullable=False),
    sa.Column('weight', sa.Integer(), nullable=False),
    sa.Column('seen', sa.Integer(), nullable=False),
    sa.Column('slow', sa.Integer(), nullable=False),
    sa.Column('at', core.db.Moment(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('gateway', 'operator', name=op.f('pk_paces'))
    )
    op.create_table('spend',
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('payer', sa.String(), nullable=False),
    sa.Column('gateway', sa.String(), nullable=False),
    sa.Column('currency', sa.String(), nullable=False),
    sa.Column('texts', sa.Integer(), nullable=False),
    sa.Column('reserved', sa.Numeric(precision=14, scale=4), nullable=False),
    sa.Column('settled', sa.Numeric(precision=14, scale=4), nullable=False),
    sa.Column('uncertain', sa.Numeric(precision=14, scale=4), nullable=False),
    sa.PrimaryKeyConstraint('day', 'payer', 'gateway', 'currency', name=op.f('pk_spend'))
    )
    op.create_index("ix_messages_at", "messages", ["at"], unique=False, postgresql_using="brin")
    with op.batch_alter_table('accounts', schema=None) as batch_op:
        batch_op.add_column(sa.Column('phone', sa.String(), nullable=True))
        batch_op.add_column(sa.Column('hears', sa.Boolean(), server_default=sa.false(), nullable=False))

    with op.batch_alter_table('batches', schema=None) as batch_op:
        batch_op.add_column(sa.Column('payer', sa.String(), server_default='', nullable=False))
        batch_op.add_column(sa.Column('gateway', sa.String(), nullable=True))
        batch_op.add_column(sa.Column('reserved', sa.Numeric(precision=12, scale=4), nullable=True))
        batch_op.add_column(sa.Column('reserved_in', sa.String(), nullable=True))
        batch_op.add_column(sa.Column('reserved_on', sa.Date(), nullable=True))
        batch_op.drop_index(batch_op.f('ix_batches_due'), sqlite_where=sa.text("state = 'queued'"), postgresql_where=sa.text("state = 'queued'"))
        batch_op.create_index('ix_batches_due', ['lane', 'payer', 'not_before', 'id'], unique=False, postgresql_where=sa.text("state = 'queued'"), sqlite_where=sa.text("state = 'queued'"))

    with op.batch_alter_table('farmers', schema=None) as batch_op:
        batch_op.add_column(sa.Column('zone', sa.String(), nullable=True))

    with op.batch_alter_table('incidents', schema=None) as batch_op:
        batch_op.add_column(sa.Column('told_at', core.db.Moment(timezone=True), nullable=True))



def downgrade() -> None:
    with op.batch_alter_table('incidents', schema=None) as batch_op:
        batch_op.drop_column('told_at')

    with op.batch_alter_table('farmers', schema=None) as batch_op:
        batch_op.drop_column('zone')

    with op.batch_alter_table('batches', schema=None) as batch_op:
        batch_op.drop_index('ix_batches_due', postgresql_where=sa.text("state = 'queued'"), sqlite_where=sa.text("state = 'queued'"))
        batch_op.create_index(batch_op.f('ix_batches_due'), ['lane', 'not_before', 'id'], unique=False, postgresql_where=sa.text("state = 'queued'"), sqlite_where=sa.text("state = 'queued'"))
        batch_op.drop_column('reserved_on')
        batch_op.drop_column('reserved_in')
        batch_op.drop_column('reserved')
        batch_op.drop_column('gateway')
        batch_op.drop_column('payer')

    with op.batch_alter_table('accounts', schema=None) as batch_op:
        batch_op.drop_column('hears')
        batch_op.drop_column('phone')

    op.drop_index("ix_messages_at", table_name="messages")
    op.drop_table('spend')
    op.drop_table('paces')
    op.drop_table('routes')
    op.drop_table('proofs')
    op.drop_table('mutes')
    op.drop_table('budgets')
