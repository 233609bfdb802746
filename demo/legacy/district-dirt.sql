-- What only a dirty district has, besides its broken students: a few rows each that the mapping or the target refuses.
update dbo."Staff" set "Email" = 'CONSULTANT3@example.org' where "Id" = 9;
-- A supervisor who is not there; whoever reports to that person cannot stay either.
update dbo."Staff" set "SupervisorId" = 999999 where "Id" = 7;
update dbo."Staff" set "SupervisorId" = 7 where "Id" = 83;
-- Three decimals do not fit two; a score above 100 does not fit the check; a status nobody knows.
update dbo."AssessmentResult" set "Score" = 87.125 where "Id" in (41, 1041);
update dbo."AssessmentResult" set "Score" = 101 where "Id" in (42, 1042);
update dbo."AssessmentResult" set "Status" = '?' where "Id" = 43;
insert into dbo."AssessmentResult" ("StudentID", "AssessmentID", "Status", "ModifiedDate")
values (990001, 1, 'C', '2020-01-01'), (990002, 2, 'C', '2020-01-01'), (1, 99, 'C', '2020-01-01');
-- Nobody leans on the one whose address is taken: it is found out only when the key is built, after everything else is loaded.
update dbo."Section" set "TeacherId" = 10 where "TeacherId" = 9;
update dbo."AssessmentResult" set "RecorderId" = 10 where "RecorderId" = 9;
