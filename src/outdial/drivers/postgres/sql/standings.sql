-- name: of
select p.id, p.cause, p.changed_at, coalesce(t.domain, t.name) as domain, k.document as calendar,
       c.calls, c.succeeded, c.failed, c.connected, c.bridged, c.abandoned, c.wait_seconds, c.human, c.machine,
       c.not_sure, c.amd_cut, c.adjust, c.target, c.started_at, c.stopped_at, c.day
from campaigns p
join tenants t on t.id = p.tenant_id
left join campaign_counters c on c.campaign_id = p.id
left join calendars k on k.tenant_id = p.tenant_id and k.key = p.calendar
where p.id = any ($1::bigint[]);

-- name: under_way
select campaign_id, trunk, count(*) as calls
from attempts
where state <> 'ended' and campaign_id = any ($1::bigint[])
group by campaign_id, trunk;

-- name: start
-- A campaign that is running already, that has no rules, or whose calendar is missing stays as it is.
with started as (
    update campaigns p set state = 'running', cause = '', changed_at = clock_timestamp()
    where p.id = $1 and p.state <> 'running' and p.members is not null
      and (p.calendar is null
           or exists (select from calendars k where k.tenant_id = p.tenant_id and k.key = p.calendar))
    returning p.id
), counted as (
    insert into campaign_counters (campaign_id, started_at) select id, clock_timestamp() from started
    on conflict (campaign_id) do update set started_at = excluded.started_at, stopped_at = null
), told as (
    insert into campaign_history (campaign_id, action, value) select id, 'QUEUE_HUNTING', 'Start' from started
)
select count(*) from started;

-- name: stop
with stopped as (
    update campaigns p set state = 'paused', cause = 'stopped', changed_at = clock_timestamp()
    where p.id = $1 and (p.state <> 'paused' or p.cause <> 'stopped')
    returning p.id
), counted as (
    insert into campaign_counters (campaign_id, stopped_at) select id, clock_timestamp() from stopped
    on conflict (campaign_id) do update set stopped_at = excluded.stopped_at
), told as (
    insert into campaign_history (campaign_id, action, value) select id, 'QUEUE_STOP', 'Stop' from stopped
)
select count(*) from stopped;

-- name: forget_counters
update campaign_counters
set calls = 0, succeeded = 0, failed = 0, connected = 0, bridged = 0, abandoned = 0, wait_seconds = 0, human = 0,
    machine = 0, not_sure = 0, amd_cut = 0, adjust = 0, target = 0
where campaign_id = $1;

-- name: forget_tallies
with forgotten as (
    delete from agent_tallies where campaign_id = $1 returning agent_id
), freed as (
    update agents a set state = 'Waiting'
    from campaigns p
    where p.id = $1 and a.tenant_id = p.tenant_id and a.state = 'Reserved'
      and (a.key = any (array(select jsonb_array_elements_text(p.members #> '{crew,agents}')))
           or a.skills && array(select jsonb_array_elements_text(p.members #> '{crew,skills}')))
      and not exists (select from attempts t where t.agent = a.key and t.tenant_id = a.tenant_id and t.state <> 'ended')
)
insert into campaign_history (campaign_id, action, value) values ($1, 'RESET_AGENTS_STATS', $2);

-- name: tallies
select a.key, coalesce(t.domain, t.name) as domain, a.state, a.status, a.ready_at, a.last_bridge_end, a.last_status_change,
       y.calls, y.missed, y.bridged, y.talk_seconds, y.ringing_seconds, y.wrap_seconds, y.idle_seconds, y.break_seconds,
       y.last_offered_at, y.since,
       exists (select from attempts c where c.agent = a.key and c.tenant_id = a.tenant_id and c.state <> 'ended') as active
from agents a
join tenants t on t.id = a.tenant_id
left join agent_tallies y on y.agent_id = a.id and y.campaign_id = $2
where a.tenant_id = $1 and (a.key = any ($3::text[]) or a.skills && $4::text[])
order by a.key;
