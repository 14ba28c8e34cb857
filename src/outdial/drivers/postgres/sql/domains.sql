-- name: tenant_of
select id from tenants where coalesce(domain, name) = $1;

-- name: domain_of
select coalesce(domain, name) from tenants where id = $1;

-- name: credential
select u.tenant_id, u.login, u.password_hash, u.role
from users u join tenants t on t.id = u.tenant_id
where coalesce(t.domain, t.name) = $2 and u.login in ($1, $1 || '@' || $2)
order by length(u.login) desc
limit 1;

-- name: open_session
with over as (
    delete from domain_sessions where expires_at < $7
)
insert into domain_sessions (key, token_hash, tenant_id, login, role, expires_at) values ($1, $2, $3, $4, $5, $6);

-- name: session
select s.token_hash, s.tenant_id, coalesce(t.domain, t.name) as domain, s.login, s.role, s.expires_at
from domain_sessions s left join tenants t on t.id = s.tenant_id
where s.key = $1;

-- name: end_session
delete from domain_sessions where key = $1 returning key;

-- name: add_token
insert into domain_tokens (id, tenant_id, role, expires_at, created_by, created_at) values ($1, $2, $3, $4, $5, $6);

-- name: tokens
select id::text, role, enabled, expires_at, created_by, created_at
from domain_tokens where tenant_id = $1 order by created_at, id;

-- name: token
select k.tenant_id, k.id::text, k.role, k.enabled, k.expires_at, k.created_by, k.created_at
from domain_tokens k join tenants t on t.id = k.tenant_id
where k.id = $1 and coalesce(t.domain, t.name) = $2;

-- name: enable_token
update domain_tokens k set enabled = $3
from (select id, enabled from domain_tokens where tenant_id = $1 and id = $2 for update) was
where k.id = was.id
returning was.enabled <> $3;

-- name: remove_token
delete from domain_tokens where tenant_id = $1 and id = $2 returning id;
