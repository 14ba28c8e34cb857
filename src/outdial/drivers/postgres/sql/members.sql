-- Fragments: what a member's document is made of. `c` is its contact, `p` the campaign, `t` the tenant.

-- name: communications
(select coalesce(jsonb_agg(
    jsonb_build_object('priority', n.priority) || n.wire::jsonb || jsonb_build_object(
        '_id', n.position,
        'number', n.raw,
        'state', case when n.open then 0 else 2 end,
        'status', 0,
        '_probe', n.attempts,
        'lastCall', case when n.first_next then -1
                         else coalesce((extract(epoch from n.last_call_at) * 1000)::bigint, 0) end,
        'rangeId', nullif(n.range_id, ''),
        'rangeAttempts', n.range_attempts,
        'stopCommunication', n.stopped)
    order by n.position), '[]'::jsonb)
 from numbers n where n.contact_id = c.id)

-- name: log
-- Newest first: the attempts, and what happened to the member without one, both since the log was last emptied.
(select coalesce(jsonb_agg(l.item order by l.at desc, l.kind desc), '[]'::jsonb) from (
    select a.reserved_at as at, 'attempt' as kind, jsonb_build_object(
        'state', case when a.state = 'ended' then 'end' else 'reserved' end,
        'reservedTime', (extract(epoch from a.reserved_at) * 1000)::bigint,
        'session', a.id,
        'destinationId', nullif(a.trunk, ''),
        'callDescription', n.description,
        'callTime', (extract(epoch from a.reserved_at) * 1000)::bigint,
        'connectedTime', (extract(epoch from a.answered_at) * 1000)::bigint,
        'bridgedTime', (extract(epoch from a.joined_at) * 1000)::bigint,
        'endTime', (extract(epoch from a.ended_at) * 1000)::bigint,
        'talkSec', round(a.talk_seconds::numeric),
        'waitSec', round(a.wait_seconds::numeric),
        'callSuccessful', a.succeeded,
        'callState', case when n.open then 0 else 2 end,
        'callPriority', n.priority,
        'callNumber', coalesce(n.raw, a.digits),
        'callTypeCode', a.type,
        'callTypeName', (select y ->> 'name' from jsonb_array_elements(p.members -> 'types') y
                         where y ->> 'code' = a.type limit 1),
        'callPositionIndex', a.position,
        'cause', a.cause,
        'causeQ850', case a.cause when 'ABANDONED' then 687 when 'LOSE_RACE' then 702 when 'MANAGER_REQUEST' then 703
                                  when 'ORIGINATOR_CANCEL' then 487 else a.q850_cause end,
        'callAttempt', a.ordinal,
        'callUUID', a.id,
        'recordSessionSec', case when a.recording is null then 0 else round(a.talk_seconds::numeric) end,
        'agentId', case when a.agent like '%@%' then a.agent else a.agent || '@' || coalesce(t.domain, t.name) end,
        'amdResult', upper(replace(a.amd_verdict, '_', '')),
        'amdCause', a.amd_cause,
        'steps', '[]'::jsonb)
        || case when a.report is null then '{}'::jsonb else jsonb_build_object('callback', a.report) end as item
    from attempts a left join numbers n on n.contact_id = c.id and n.position = a.position
    where a.contact_id = c.id
      and (extract(epoch from a.reserved_at) * 1000)::bigint
          >= coalesce((select max((e ->> 'time')::bigint) from jsonb_array_elements(c.log) e where e ->> 'kind' = 'emptied'), 0)
    union all
    select to_timestamp((e ->> 'time')::double precision / 1000), 'step',
           jsonb_build_object('steps', jsonb_build_array(jsonb_build_object('time', e -> 'time', 'data', e -> 'data')))
    from jsonb_array_elements(c.log) e where e ->> 'kind' in ('step', 'emptied')
) l)

-- name: callbacks
(select coalesce(jsonb_agg(e - 'kind'), '[]'::jsonb) from jsonb_array_elements(c.log) e where e ->> 'kind' = 'callback')

-- name: last_session
(select a.id from attempts a where a.contact_id = c.id order by a.reserved_at desc limit 1)

-- name: last_position
(select a.position from attempts a where a.contact_id = c.id order by a.reserved_at desc limit 1)

-- name: count
select count(*) from contacts where campaign_id = $1;

-- name: fresh_ids
select nextval(pg_get_serial_sequence('contacts', 'id')) from generate_series(1, $1);

-- name: hold
-- A member while it is changed, with the attempt that was the last.
select c.*, l.id::text as session, l.state as session_state, p.key as dialer, p.name as dialer_name
from contacts c
join campaigns p on p.id = c.campaign_id
left join lateral (
    select a.id, a.state from attempts a where a.contact_id = c.id order by a.reserved_at desc limit 1
) l on true
where c.campaign_id = $1 and c.key = $2
for no key update of c;

-- name: numbers_of
select * from numbers where contact_id = $1 order by position;

-- name: put_numbers
insert into numbers (contact_id, position, raw, type, priority, description, open, stopped, attempts, last_call_at,
                     first_next, wanted_next, range_id, range_attempts, wire)
select $1, n.position, n.raw, n.type, n.priority, n.description, n.open, n.stopped, n.attempts, n.last_call_at,
       n.first_next, n.wanted_next, n.range_id, n.range_attempts, n.wire
from jsonb_to_recordset($2::jsonb)
    as n(position smallint, raw text, type text, priority integer, description text, open boolean, stopped boolean,
         attempts integer, last_call_at timestamptz, first_next boolean, wanted_next boolean, range_id text,
         range_attempts integer, wire json)
on conflict (contact_id, position) do update
set raw = excluded.raw, type = excluded.type, priority = excluded.priority, description = excluded.description,
    open = excluded.open, stopped = excluded.stopped, attempts = excluded.attempts, last_call_at = excluded.last_call_at,
    first_next = excluded.first_next, wanted_next = excluded.wanted_next, range_id = excluded.range_id,
    range_attempts = excluded.range_attempts, wire = excluded.wire;

-- name: drop_numbers
delete from numbers where contact_id = $1 and position <> all ($2::smallint[]);

-- name: rewrite
update contacts
set priority = $2, expires_at = $3, variables = $4, wire = $5, changed_at = clock_timestamp()
where id = $1;

-- name: settle
update contacts
set state = case when $2 = '' then 'waiting' else 'done' end, end_cause = $2, succeeded = $3, successes = $4,
    attempts_made = $5, next_try_at = $6, result_until = $7, report = null,
    try_number = nextval('try_numbers'), changed_at = clock_timestamp()
where id = $1;

-- name: keep_report
update contacts set report = $2, changed_at = clock_timestamp() where id = $1;

-- name: note
-- The last hundred of what is noted are kept.
update contacts c
set log = (select coalesce(jsonb_agg(kept.e order by kept.o), '[]'::jsonb)
           from (select e, o from jsonb_array_elements(c.log || $2::jsonb) with ordinality x(e, o)
                 order by o desc limit 100) kept),
    changed_at = clock_timestamp()
where id = $1;

-- name: say_of_attempt
update attempts set report = $2, changed_at = clock_timestamp() where id = $1::uuid;

-- name: ready_agent
-- Whoever served the last call is ready soon, unless another call came or there is nothing to rest from.
update agents a set ready_at = least(a.ready_at, $3::timestamptz + $2::double precision * interval '1 second')
from attempts t
where t.id = $1::uuid and a.tenant_id = t.tenant_id and a.key = t.agent
  and a.ready_at is not null and a.state not in ('Reserved', 'In a queue call');

-- name: notice_of_end
-- Tells those who asked for it that these members got their end causes, as they stand now. $2: why, when it was no call;
-- $3: who said so. Both are null for a call's end.
insert into notices (tenant_id, event, document)
select c.tenant_id, 'engine::dialer_member_end',
       jsonb_strip_nulls(jsonb_build_object(
           'dialerId', p.key,
           'dialerName', p.name,
           'id', c.key,
           'name', c.wire ->> 'name',
           'currentNumber', n.raw,
           'dlr_member_number_description', nullif(n.description, ''),
           'currentProbe', c.attempts_made,
           'session', l.id,
           'endCause', c.end_cause,
           'expire', (extract(epoch from c.expires_at) * 1000)::bigint,
           'agentId', case when l.agent like '%@%' then l.agent else l.agent || '@' || coalesce(t.domain, t.name) end,
           'variable_domain_name', coalesce(t.domain, t.name),
           'reason', $2::text,
           'callback_user_id', $3::text))
       || coalesce((select jsonb_object_agg('variable_' || v.key, v.value) from jsonb_each(c.variables) v), '{}'::jsonb)
from contacts c
join campaigns p on p.id = c.campaign_id
join tenants t on t.id = c.tenant_id
left join lateral (
    select a.id, a.position, a.agent from attempts a where a.contact_id = c.id order by a.reserved_at desc limit 1
) l on true
left join numbers n on n.contact_id = c.id and n.position = l.position
where c.id = any ($1::bigint[]) and c.end_cause <> '';

-- name: remove
delete from contacts where campaign_id = $1 and key = $2 and state <> 'in_call';

-- name: revive
-- Finished members that were not reached, made since a moment, begin anew with the numbers that were not stopped.
with revived as (
    update contacts c
    set state = 'waiting', end_cause = '', attempts_made = 0, next_try_at = null, last_call_at = null,
        result_until = null, report = null, due_at = to_timestamp(0), try_number = nextval('try_numbers'),
        log = case when $4 then '[]'::jsonb else c.log end || $3::jsonb, changed_at = clock_timestamp()
    where c.campaign_id = $1 and c.state = 'done' and c.end_cause <> '' and not c.succeeded and c.created_at >= $2
      and exists (select from numbers n where n.contact_id = c.id and not n.stopped)
    returning c.id
), opened as (
    update numbers n
    set open = true, attempts = 0, last_call_at = null, first_next = false, wanted_next = false, range_id = '',
        range_attempts = 0
    from revived r where n.contact_id = r.id and not n.stopped
), told as (
    insert into campaign_history (campaign_id, action, value) values ($1, 'RESET_MEMBERS', $5)
)
select count(*) from revived;

-- name: dress
-- The campaign's variables go on every call; a member's own count before them.
update contacts c
set variables = $2::jsonb || coalesce((
        select jsonb_object_agg(v.key, case when jsonb_typeof(v.value) = 'string' then v.value
                                            else to_jsonb(v.value #>> '{}') end)
        from jsonb_each(case when jsonb_typeof(c.wire::jsonb -> 'variables') = 'object'
                             then c.wire::jsonb -> 'variables' else '{}'::jsonb end) v
        where jsonb_typeof(v.value) <> 'null'), '{}'::jsonb)
where c.campaign_id = $1 and c.state <> 'done';
