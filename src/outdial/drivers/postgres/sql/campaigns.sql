-- name: by_number
select * from campaigns where tenant_id = $1 and dialect = $2 and number = $3;

-- name: by_key
select * from campaigns where tenant_id = $1 and dialect = $2 and key = $3;

-- name: create
insert into campaigns (tenant_id, dialect, number, key, name, state, script_id, lines, calls_per_second,
                       dial_prefix, ring_seconds, attempts, interval_seconds, wire)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
returning *;

-- name: edit
update campaigns
set key = $2, name = $3, state = $4, script_id = $5, lines = $6, calls_per_second = $7,
    dial_prefix = $8, ring_seconds = $9, attempts = $10, interval_seconds = $11, wire = $12
where id = $1
returning *;

-- name: drop_missing
delete from contacts c
where c.campaign_id = $1
  and not exists (select from incoming_contacts i where i.batch = $2 and i.key = c.key);

-- name: refresh_kept
with refreshed as (
    update contacts c
    set variables = i.variables, wire = i.wire, changed_at = clock_timestamp(),
        due_at = case when c.state = 'waiting' and c.attempts_made = 0 then i.due_at else c.due_at end
    from incoming_contacts i
    where c.campaign_id = $1 and i.batch = $2 and i.key = c.key and c.state <> 'done'
    returning c.id, c.state
)
update attempts a set changed_at = clock_timestamp()
from refreshed r
where a.contact_id = r.id and r.state = 'in_call' and a.state <> 'ended';

-- name: add_new
insert into contacts (tenant_id, campaign_id, key, digits, state, due_at, variables, wire)
select $3, $1, i.key, i.digits, 'waiting', i.due_at, i.variables, i.wire
from incoming_contacts i
where i.batch = $2
  and not exists (select from contacts c where c.campaign_id = $1 and c.key = i.key)
order by i.position;

-- name: forget_incoming
delete from incoming_contacts where batch = $1;
