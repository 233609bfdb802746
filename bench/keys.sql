alter table students add primary key (id);
alter table students add unique (tenant_id, id);
alter table assessments add primary key (id);
alter table assessments add unique (tenant_id, id);
alter table assessment_results add primary key (id);
alter table assessment_results add foreign key (tenant_id, student_id) references students (tenant_id, id);
alter table assessment_results add foreign key (tenant_id, assessment_id) references assessments (tenant_id, id);
