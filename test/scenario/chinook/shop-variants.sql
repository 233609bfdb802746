-- $tag$ becomes the shop's name: the same keys hold other rows in each shop, and refer to other rows.
update artist set name = name || ' [$tag$]';
update track set name = name || ' [$tag$]', album_id = (album_id * $step$) % 347 + 1, unit_price = unit_price + $step$ / 100.0;
update customer set last_name = left(last_name, 10) || '$step$', support_rep_id = 1 + (customer_id * $step$) % 8;
update invoice set customer_id = 1 + (invoice_id * $step$) % 59, total = total * $step$, invoice_date = invoice_date + interval '$step$ hours';
-- a child before its parent, a circle, a row that reports to itself
update employee set reports_to = case employee_id when 1 then 8 when 8 then 1 when 5 then 5 else 1 + (employee_id + $step$) % 8 end;
-- local times that did not exist (Havana) and that came twice
update invoice set invoice_date = '2023-03-12 00:30' where invoice_id = 7;
update invoice set invoice_date = '2023-11-05 00:30' where invoice_id = 8;
update invoice set invoice_date = '2023-10-29 02:30' where invoice_id = 9;
delete from playlist_track where track_id % (10 + $step$) = 0;
