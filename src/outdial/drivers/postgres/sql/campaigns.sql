-- name: by_number
select * from campaigns where tenant_id = $1 and dialect = $2 and number = $3;

-- name: by_key
select * from campaigns where tenant_id = $1 and dialect = $2 and key = $3;

-- name: by_ids
select * from campaigns where tenant_id = $1 and dialect = $2 and id = any ($3::bigint[]) order by id;

-- name: create
insert into campaigns (tenant_id, dialect, number, key, name, state, script_id, lines, calls_per_second,
                       dial_prefix, ring_seconds, attempts, interval_seconds, until_signal,
                       window_start, window_end, time_zone, members, calendar, wire, caller, ends_at, record)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23)
returning *;

-- name: edit
update campaigns
set key = $2, name = $3, state = $4, script_id = $5, lines = $6, calls_per_second = $7,
    dial_prefix = $8, ring_seconds = $9, attempts = $10, interval_seconds = $11, until_signal = $12,
    window_start = $13, window_end = $14, time_zone = $15, members = $16, calendar = $17, wire = $18, caller = $19,
    ends_at = $20, record = $21,
    changed_at = clock_timestamp()
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
        offset_minutes = i.offset_minutes, client = i.client,
        due_at = case when c.state = 'waiting' and c.attempts_made = 0 then i.due_at else c.due_at end
    from incoming_contacts i
    where c.campaign_id = $1 and i.batch = $2 and i.key = c.key and c.state <> 'done'
    returning c.id, c.state
)
update attempts a set changed_at = clock_timestamp()
from refreshed r
where a.contact_id = r.id and r.state = 'in_call' and a.state <> 'ended' and a.reached_at is null;

-- name: add_new
insert into contacts (tenant_id, campaign_id, key, digits, state, due_at, offset_minutes, client, variables, wire)
select $3, $1, i.key, i.digits, 'waiting', i.due_at, i.offset_minutes, i.client, i.variables, i.wire
from incoming_contacts i
where i.batch = $2
  and not exists (select from contacts c where c.campaign_id = $1 and c.key = i.key)
order by i.position;

-- name: take_up_holds
-- Holds come first, because nearly every list has none.
with open as materialized (
    select h.id, h.contact_key
    from holds h join campaigns p
      on p.id = $1 and h.tenant_id = p.tenant_id and h.dialect = p.dialect and h.campaign_key = p.key
    where h.cleared_at is null and h.contact_id is null
), taken as (
    update holds h set contact_id = c.id, campaign_id = $1
    from open o join contacts c on c.campaign_id = $1 and c.key = o.contact_key
    where h.id = o.id and h.cleared_at is null
    returning h.id, h.contact_id
)
update contacts c set hold_id = t.id, held = true from taken t where c.id = t.contact_id;

-- name: forget_incoming
delete from incoming_contacts where batch = $1;

-- name: all
select * from campaigns
where tenant_id = $1 and dialect = $2 and ($3::text is null or state = $3) and number > $4
order by number
limit $5;

-- name: hold
select * from campaigns where id = $1 for no key update;

-- name: remove
delete from campaigns where tenant_id = $1 and dialect = $2 and number = $3 returning id;

-- name: hold_withdrawn
-- The open contacts of a key, and those of the same clients in the same campaigns.
with named as (
    select c.id, c.campaign_id, c.client
    from contacts c join campaigns p on p.id = c.campaign_id
    where c.tenant_id = $1 and p.dialect = $2 and c.key = $3 and c.state <> 'done'
      and ($4::bigint is null or c.campaign_id = $4)
), wanted as (
    select id from named
    union
    select c.id from contacts c join named n on n.campaign_id = c.campaign_id and n.client = c.client
    where n.client <> '' and c.client <> '' and c.state <> 'done'
)
select c.id from contacts c join wanted w on w.id = c.id
where c.state <> 'done' and c.withdrawn_at is null
order by c.id
for update of c;

-- name: withdraw
-- A call that has reached its goal keeps its own result; its contact is called no more all the same.
with picked as (
    select * from contacts where id = any($1::bigint[])
), closed as (
    update contacts c
    set state = case when c.state = 'waiting' then 'done' else c.state end,
        withdrawn_at = clock_timestamp(), changed_at = clock_timestamp()
    from picked p where c.id = p.id
), made as (
    insert into attempts (id, tenant_id, campaign_id, contact_id, try_number, ordinal, state, outcome,
                          due_at, digits, number, trunk, caller, ended_at, withdrawn_at)
    select gen_random_uuid(), p.tenant_id, p.campaign_id, p.id, p.try_number, p.attempts_made + 1, 'ended', $2,
           p.due_at, p.digits, '', '', '', clock_timestamp(), clock_timestamp()
    from picked p where p.state = 'waiting'
), marked as (
    update attempts a set withdrawn_at = clock_timestamp(), changed_at = clock_timestamp()
    from picked p
    where a.contact_id = p.id and p.state = 'in_call' and a.state <> 'ended' and not $3 = any (a.goals)
)
select distinct campaign_id from picked order by campaign_id;
