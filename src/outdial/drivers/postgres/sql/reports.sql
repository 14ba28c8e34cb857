-- name: horizon
-- Rows changed before this moment are all visible: every transaction of ours that could still change one began later.
-- The margin covers the instant between a transaction's start and its appearance in pg_stat_activity.
select coalesce(min(xact_start), clock_timestamp()) - interval '50 milliseconds'
from pg_stat_activity
where datname = current_database() and backend_type = 'client backend' and xact_start is not null
  and application_name = 'outdial' and pid <> pg_backend_pid();

-- name: tries_of
select a.try_number, p.id as campaign_id, p.number as campaign_number, c.key, c.wire as contact_wire,
       p.wire as campaign_wire, a.due_at, a.changed_at, a.ordinal, a.id::text as attempt_id,
       a.state, a.outcome, a.ended_by, a.connection, a.goals, a.sip_code, a.q850_cause, a.reserved_at, a.ended_at,
       a.reached_at, a.withdrawn_at
from attempts a join contacts c on c.id = a.contact_id join campaigns p on p.id = c.campaign_id
where p.id = $1
union all
select c.try_number, p.id, p.number, c.key, c.wire,
       p.wire, c.due_at, c.changed_at, c.attempts_made + 1, null, null, null, null, null,
       '{}', 0, 0, null, null, null, null
from contacts c join campaigns p on p.id = c.campaign_id
where p.id = $1 and c.state = 'waiting'
order by try_number;

-- name: contacts_of
-- Undialled attempts were settled without a call: they have an outcome and no moment.
select c.key, c.wire, c.state, c.attempts_made, a.outcome, a.connection,
       case when a.number <> '' then a.reserved_at end as reserved_at,
       coalesce(a.talk_seconds, 0) as talk_seconds, coalesce(a.transferred_to, '') as transferred_to,
       coalesce(a.joined_seconds, 0) as joined_seconds,
       m.body as sms_text, m.parts as sms_parts, m.state as sms_state, m.sent_at as sms_sent_at
from contacts c
left join lateral (
    select * from attempts a where a.contact_id = c.id order by a.ordinal desc limit 1
) a on true
left join lateral (
    select s.body, s.parts, s.state, coalesce(s.sent_at, s.asked_at) as sent_at
    from sms s where s.contact_id = c.id and s.state not in ('queued', 'sending') order by s.id desc limit 1
) m on true
where c.campaign_id = $1
order by c.id;

-- name: tries_edge
-- The end of the second in which the last row of a page was changed; no row: everything fits on the page.
select date_trunc('second', changed_at) + interval '1 second'
from (
    (select a.changed_at
     from attempts a join contacts c on c.id = a.contact_id join campaigns p on p.id = c.campaign_id
     where a.tenant_id = $1 and p.dialect = $2 and a.changed_at >= $3 and a.changed_at < $4
     order by a.changed_at limit $5)
    union all
    (select c.changed_at
     from contacts c join campaigns p on p.id = c.campaign_id
     where c.tenant_id = $1 and p.dialect = $2 and c.state = 'waiting' and c.changed_at >= $3 and c.changed_at < $4
     order by c.changed_at limit $5)
) as changed
order by changed_at offset $5 - 1 limit 1;

-- name: tries_between
select a.try_number, p.id as campaign_id, p.number as campaign_number, c.key, c.wire as contact_wire,
       p.wire as campaign_wire, a.due_at, a.changed_at, a.ordinal, a.id::text as attempt_id,
       a.state, a.outcome, a.ended_by, a.connection, a.goals, a.sip_code, a.q850_cause, a.reserved_at, a.ended_at,
       a.reached_at, a.withdrawn_at
from attempts a join contacts c on c.id = a.contact_id join campaigns p on p.id = c.campaign_id
where a.tenant_id = $1 and p.dialect = $2 and a.changed_at >= $3 and a.changed_at < $4
union all
select c.try_number, p.id, p.number, c.key, c.wire,
       p.wire, c.due_at, c.changed_at, c.attempts_made + 1, null, null, null, null, null,
       '{}', 0, 0, null, null, null, null
from contacts c join campaigns p on p.id = c.campaign_id
where c.tenant_id = $1 and p.dialect = $2 and c.state = 'waiting' and c.changed_at >= $3 and c.changed_at < $4
order by changed_at, try_number;

-- name: answers_of
select n.*, a.try_number, a.reserved_at
from answers n join attempts a on a.id = n.attempt_id
where n.campaign_id = $1
order by n.id;

-- name: answers_of_call
select n.*, a.try_number, a.reserved_at
from answers n join attempts a on a.id = n.attempt_id
where n.attempt_id = $1
order by n.id;

-- name: answers_edge
select date_trunc('second', changed_at) + interval '1 second'
from answers
where tenant_id = $1 and dialect = $2 and changed_at >= $3 and changed_at < $4
order by changed_at offset $5 - 1 limit 1;

-- name: answers_between
select n.*, a.try_number, a.reserved_at
from answers n join attempts a on a.id = n.attempt_id
where n.tenant_id = $1 and n.dialect = $2 and n.changed_at >= $3 and n.changed_at < $4
order by n.changed_at, n.id;
