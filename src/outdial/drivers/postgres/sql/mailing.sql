-- name: caller_numbers
select digits, description, number from caller_numbers where tenant_id = $1 order by id;

-- name: put_caller_number
insert into caller_numbers (tenant_id, digits, description, number) values ($1, $2, $3, $4)
on conflict (tenant_id, digits) do update set description = excluded.description, number = excluded.number;

-- name: templates
select number, account, name, message from templates
where tenant_id = $1 and account = $2 and ($3::bigint is null or number = $3)
order by number;

-- name: add_template
insert into templates (tenant_id, number, account, name, message) values ($1, $2, $3, $4, $5);

-- name: change_template
update templates set name = $4, message = $5 where tenant_id = $1 and number = $2 and account = $3 returning id;
