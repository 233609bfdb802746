-- The same kinds of columns with nothing the matter.
create table room (id integer primary key, title text not null, height numeric(6,2) not null, built date not null, opened timestamp not null, is_open boolean not null);
insert into room select g * 7, 'Room ' || g, 2.5 + (g % 7) / 10.0, date '1990-01-01' + g, timestamp '2015-08-01 08:15' + g * interval '25 hours', g % 2 = 0 from generate_series(1, 200) g;
create table lamp (id integer primary key, room_id integer not null references room, kind text not null, watts integer not null);
insert into lamp select g, (1 + g % 200) * 7, (array['tube', 'bulb', 'spot'])[1 + g % 3], 20 + g % 50 from generate_series(1, 400) g;
create table chair (id integer primary key, legs integer not null);
insert into chair select g, 1 + g % 4 from generate_series(1, 60) g;
