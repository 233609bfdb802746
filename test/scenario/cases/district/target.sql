-- identity
create schema identity;
create table identity.users (id uuid primary key, tenant_id uuid not null, legacy_id int not null, email text not null, display_name text not null, unique (tenant_id, id), unique (tenant_id, email));
-- configuration
create schema configuration;
create table configuration.shared_lookups (id uuid primary key, lookup_type text not null, value text not null, sort_order int, unique (lookup_type, value));
create table configuration.tenant_lookups (id uuid primary key, tenant_id uuid not null, legacy_id int not null, lookup_type text not null, value text not null, sort_order int, unique (tenant_id, id), unique (tenant_id, lookup_type, value));
create table configuration.school_years (id uuid primary key, tenant_id uuid not null, legacy_id int not null, starts_on date not null, ends_on date not null, unique (tenant_id, id));
create table configuration.grades (id uuid primary key, tenant_id uuid not null, legacy_id int not null, name text not null, state_grade text, unique (tenant_id, id));
create table configuration.schools (id uuid primary key, tenant_id uuid not null, legacy_id int not null, name text not null check (name <> ''), archived boolean not null, unique (tenant_id, id));
-- staff
create schema staff;
create table staff.staff (id uuid primary key, tenant_id uuid not null, legacy_id int not null, user_id uuid, first_name text not null, last_name text not null, status text not null, updated_at timestamptz, unique (tenant_id, id));
create table staff.staff_schools (id uuid primary key, tenant_id uuid not null, staff_id uuid not null, school_id uuid not null, foreign key (tenant_id, staff_id) references staff.staff (tenant_id, id));
-- student
create schema student;
create table student.students (id uuid primary key, tenant_id uuid not null, legacy_id int not null, first_name text not null check (first_name <> ''), middle_name text, last_name text not null, birth_date date not null, student_number text, graduation_year int, comment text,
  status text not null, archived_at timestamptz, updated_at timestamptz, created_at timestamptz not null, unique (tenant_id, id), unique (tenant_id, legacy_id));
create table student.demographics (id uuid primary key, tenant_id uuid not null, student_id uuid not null, ethnicity_id uuid, gender_id uuid, ell boolean, gifted boolean not null, attributes jsonb not null, unique (tenant_id, student_id), foreign key (tenant_id, student_id) references student.students (tenant_id, id));
create table student.contacts (id uuid primary key, tenant_id uuid not null, student_id uuid not null, role text not null, name text not null, phone text, email text, unique (tenant_id, student_id, role), foreign key (tenant_id, student_id) references student.students (tenant_id, id));
create table student.addresses (id uuid primary key, tenant_id uuid not null, student_id uuid not null, line1 text, line2 text, city text, region text, postal_code text, foreign key (tenant_id, student_id) references student.students (tenant_id, id));
create table student.audit_entries (id uuid primary key, tenant_id uuid not null, entity text not null, entity_id uuid not null, action text not null, at timestamptz not null, actor text, ip text, foreign key (tenant_id, entity_id) references student.students (tenant_id, id));
create table student.enrolments (id uuid primary key, tenant_id uuid not null, student_id uuid not null, school_id uuid not null, school_year_id uuid not null, grade_id uuid not null, starts_on date, ends_on date, foreign key (tenant_id, student_id) references student.students (tenant_id, id));
-- section
create schema section;
create table section.sections (id uuid primary key, tenant_id uuid not null, legacy_id int not null, name text not null, school_id uuid not null, school_year_id uuid not null, unique (tenant_id, id));
create table section.rosters (id uuid primary key, tenant_id uuid not null, student_id uuid not null, section_id uuid not null, foreign key (tenant_id, section_id) references section.sections (tenant_id, id));
create table section.teachers (id uuid primary key, tenant_id uuid not null, staff_id uuid not null, section_id uuid not null, foreign key (tenant_id, section_id) references section.sections (tenant_id, id));
-- assessment
create schema assessment;
create table assessment.assessments (id uuid primary key, tenant_id uuid not null, legacy_id int not null, name text not null, storage_table text, updated_at timestamptz, unique (tenant_id, id));
create table assessment.fields (id uuid primary key, tenant_id uuid not null, legacy_id int not null, assessment_id uuid not null, column_name text not null, field_type text not null, label text, foreign key (tenant_id, assessment_id) references assessment.assessments (tenant_id, id));
create table assessment.results (id uuid primary key, tenant_id uuid not null, legacy_id int not null, assessment_id uuid not null, student_id uuid not null, section_id uuid, recorder_id uuid, due_on date, updated_at timestamptz, field_scores jsonb not null, unique (tenant_id, assessment_id, legacy_id), foreign key (tenant_id, assessment_id) references assessment.assessments (tenant_id, id));
