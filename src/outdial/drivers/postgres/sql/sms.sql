-- name: blocked
-- Asked for before their number came to be one that must not be called.
select s.id from sms s
where s.state = 'queued' and s.due_at <= $1
  and exists (select from blocked_numbers b where b.tenant_id = s.tenant_id and b.digits = s.digits)
order by s.id
limit 500
for update skip locked;

-- name: stale
select s.id from sms s
where s.state = 'queued' and s.due_at <= $1 and s.asked_at < $2
order by s.id
limit 500
for update skip locked;

-- name: untended
select s.id from sms s
where s.state = 'sending' and s.taken_until < $1
order by s.id
limit 500
for update skip locked;

-- name: end
-- Parts in the state $3 come to the state $4; what the carrier took is charged for.
with ended as (
    update sms s set state = $2, error = $5, taken_until = null
    where s.id = any ($1::bigint[])
    returning s.*
), left_over as (
    update sms_parts p set state = $4 where p.sms_id = any ($1::bigint[]) and p.state = any ($3::text[])
)
insert into uses (tenant_id, hold_id, attempt_id, service, ordinal, digits, seconds, parts)
select e.tenant_id, e.hold_id, e.attempt_id, 'sms', e.id, e.digits, 0, t.parts
from ended e cross join lateral (
    select count(*) as parts from sms_parts p
    where p.sms_id = e.id and p.state in ('accepted', 'delivered', 'undelivered')
) t
where e.hold_id is not null and t.parts > 0
on conflict (attempt_id, service, ordinal) do nothing;

-- name: take
with due as (
    select id from sms where state = 'queued' and due_at <= $1 order by due_at, id limit $3 for update skip locked
), taken as (
    update sms s set state = 'sending', taken_until = $2 from due where s.id = due.id
    returning s.id, s.digits, s.body
), begun as (
    update sms_parts p set state = 'sending' from taken t where p.sms_id = t.id and p.state = 'waiting'
    returning p.sms_id, p.part
)
select t.id, t.digits, t.body, array_agg(b.part) as places
from taken t join begun b on b.sms_id = t.id
group by t.id, t.digits, t.body
order by t.id;

-- name: lock_message
-- A receipt and the answer that gives its message id come at the same time; one of them sees the other.
select pg_advisory_xact_lock(hashtextextended($1, 7001003));

-- name: one
select * from sms where id = $1 for update;

-- name: parts
select part, state, message_id from sms_parts where sms_id = $1 order by part;

-- name: early
delete from sms_receipts where message_id = any ($1::text[]) returning message_id, delivered, error;

-- name: put_parts
update sms_parts p set state = n.state, message_id = n.message_id
from unnest($2::integer[], $3::text[], $4::text[]) as n(part, state, message_id)
where p.sms_id = $1 and p.part = n.part;

-- name: put
update sms
set state = $2, error = $3, due_at = coalesce($4, due_at), taken_until = null,
    sent_at = case when $5 then coalesce(sent_at, clock_timestamp()) else sent_at end
where id = $1;

-- name: use
insert into uses (tenant_id, hold_id, attempt_id, service, ordinal, digits, seconds, parts)
values ($1, $2, $3, 'sms', $4, $5, 0, $6)
on conflict (attempt_id, service, ordinal) do nothing;

-- name: of_message
select sms_id, part from sms_parts where message_id = $1 order by sms_id desc limit 1;

-- name: keep_receipt
insert into sms_receipts (message_id, delivered, error) values ($1, $2, $3)
on conflict (message_id) do update set delivered = excluded.delivered, error = excluded.error, heard_at = clock_timestamp();

-- name: forget_receipts
delete from sms_receipts where heard_at < $1;
