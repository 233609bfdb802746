/**
 * What the case asks for, as SQL over the legacy tables and the files beside them: it shares no code and no text with the mapping. Beside each, what the target holds. Identifiers that are new
 * are compared by what they stand for.
 */
export interface Expectation {
  readonly table: string
  /** Over the legacy database with the files as tables. */
  readonly expected: string
  /** Over the target. */
  readonly actual: string
}

const blank = (column: string): string => `(${column} is null or ${column} !~ '\\S')`
const named = (column: string, otherwise: string): string =>
  `case when ${blank(column)} then '${otherwise}' else regexp_replace(${column}, '^\\s+|\\s+$', '', 'g') end`

/** Who is known by one subject, and is the first who has it. */
const PERSON = `person as (
  select distinct on (sub) u.id, sub from auth.users u join beside.map m on m.legacy_id = u.id
  where deleted_at is null and (select count(*) from beside.map d where d.legacy_id = u.id) = 1
  order by sub, created_at, id)`
const COURSE = `the_course as (select c.*, sub from course c join person p on p.id = c.creator_id)`
const UNIT = `the_unit as (select u.*, sub from learning_unit u join person p on p.id = u.creator_id)`
const SECTION = `the_section as (
  select s.*, (select count(*) from unit_section o where o.unit_id = s.unit_id and (o.order_in_unit, o.created_at, o.id) <= (s.order_in_unit, s.created_at, s.id)) as place
  from unit_section s where unit_id in (select id from the_unit))`
const MODULE = `the_module as (
  select a.*, (select count(*) from course_learning_unit_assignment o where o.course_id = a.course_id and (o.assigned_at, o.unit_id) <= (a.assigned_at, a.unit_id)) as place
  from course_learning_unit_assignment a where course_id in (select id from the_course) and unit_id in (select id from the_unit))`
const TASK = `the_task as (
  select t.*, s.unit_id, r.max_attempts, r.grading_criteria,
    (select count(*) from task_base o join regular_tasks q on q.task_id = o.id where o.section_id is not distinct from t.section_id
      and (coalesce(q.order_in_section, o.order_in_section, 999), o.created_at, o.id) <= (coalesce(r.order_in_section, t.order_in_section, 999), t.created_at, t.id)) as place
  from task_base t join regular_tasks r on r.task_id = t.id join the_section s on s.id = t.section_id where not ${blank('instruction')})`

const CRITERIA = `array(select text from (
    select btrim(text) as text, min(i) as i from unnest(coalesce(grading_criteria,
      array(select case jsonb_typeof(e) when 'string' then e #>> '{}' end from jsonb_path_query(assessment_criteria, 'strict $[*] ? (@.type() == "string")', '{}', true) e))) with ordinality x (text, i)
    where btrim(text) <> '' group by 1) y order by i limit 10)::text`

/** The course of a submission: of those the student is in that have the unit, one that showed the section by then, if any did. */
const HANDED = `candidate as (
    select s.id, cs.course_id, c.created_at, exists (select from course_unit_section_status v
      where v.course_id = cs.course_id and v.section_id = t.section_id and v.is_published and v.published_at <= s.submitted_at) as visible
    from submission s join task_base t on t.id = s.task_id join unit_section us on us.id = t.section_id join course_student cs on cs.student_id = s.student_id
      join course_learning_unit_assignment a on a.course_id = cs.course_id and a.unit_id = us.unit_id left join course c on c.id = cs.course_id),
  chosen as (
    select id, count(*) as candidates, (array_agg(course_id order by created_at nulls last, course_id))[1] as course_id from candidate c
    where visible or not exists (select from candidate o where o.id = c.id and o.visible) group by id),
  handed as (
    select s.*, c.course_id, candidates, r.task_id is not null as regular, o.key, lower(o.mime) as mime, o.size, lower(o.sha256) as sha256,
      case jsonb_typeof(submission_data -> 'text') when 'string' then submission_data ->> 'text' end as text,
      case jsonb_typeof(submission_data -> 'file_path') when 'string' then submission_data ->> 'file_path' end as path
    from submission s left join chosen c using (id) left join regular_tasks r on r.task_id = s.task_id
      left join beside.objects o on o.bucket = 'submissions' and o.key = submission_data ->> 'file_path')`

const ALL = `with ${PERSON}, ${COURSE}, ${UNIT}, ${SECTION}, ${MODULE}, ${TASK}, ${HANDED}`

const MATERIAL = `element as (
    select s.id, s.unit_id, m, i, m ->> 'id' as own, row_number() over (partition by s.id order by i) as place
    from unit_section s, jsonb_array_elements(case jsonb_typeof(materials) when 'array' then materials else '[]' end) with ordinality x (m, i)
    where m ->> 'id' is not null and not exists (select from jsonb_array_elements(materials) with ordinality y (n, j) where n ->> 'id' = m ->> 'id' and j < i)),
  the_material as (
    select e.*, o.size, lower(o.sha256) as sha256, coalesce(m ->> 'mime_type', o.mime) as mime, m ->> 'type' as type, o.key is not null as is_there,
      coalesce(nullif(btrim(m ->> 'title'), ''), nullif(btrim(m ->> 'filename'), ''), 'Untitled material') as name
    from element e left join beside.objects o on o.bucket = 'section_materials' and o.key = m ->> 'path'
    where unit_id in (select id from the_unit) and m ->> 'type' in ('markdown', 'link', 'applet', 'file') and (m ->> 'type' = 'file' or m ->> 'content' is not null))`

/** `allowed`: the operator lets the earliest course be taken where several are left. */
export const submissions = (allowed: boolean): Expectation => ({
  table: 'learning_submissions',
  expected: `${ALL} select h.id, course_id, task_id, p.sub, case when path is null then 'text' when mime = 'application/pdf' then 'file' else 'image' end,
      text, key, case when path is not null then mime end, case when path is not null then size end, case when path is not null then sha256 end, attempt_number, 'completed', ai_feedback::text,
      case when teacher_override_feedback is not null then teacher_override_feedback
        else nullif(concat_ws(E'\\n\\n', case when not ${blank('feed_back_text')} then feed_back_text end, case when not ${blank('feed_forward_text')} then feed_forward_text end), '') end,
      submitted_at, submitted_at
    from handed h join person p on p.id = h.student_id
    where regular ${allowed ? '' : 'and candidates = 1'} and course_id in (select id from the_course) and task_id in (select id from the_task)
      and case when path is null then text is not null else mime in ('image/jpeg', 'image/png', 'application/pdf') and size <= 10485760 end order by 1`,
  actual: `select id, course_id, task_id, student_sub, kind, text_body, storage_key, mime_type, size_bytes, sha256, attempt_nr, analysis_status, analysis_json::text, feedback_md, created_at, completed_at
    from learning_submissions order by 1`,
})

export const EXPECTATIONS: readonly Expectation[] = [
  {
    table: 'legacy_user_map',
    expected: `${ALL} select id, sub from person order by 1`,
    actual: 'select legacy_id, sub from legacy_user_map order by 1',
  },
  {
    table: 'courses',
    expected: `${ALL} select id, ${named('name', 'Untitled course')}, sub, created_at, updated_at from the_course order by 1`,
    actual: 'select id, title, teacher_id, created_at, updated_at from courses order by 1',
  },
  {
    table: 'course_memberships',
    expected: `${ALL} select course_id, sub, 'student', enrolled_at from course_student m join person p on p.id = student_id where course_id in (select id from the_course) order by 1, 2`,
    actual: 'select course_id, student_id, role, created_at from course_memberships order by 1, 2',
  },
  {
    table: 'units',
    expected: `${ALL} select id, ${named('title', 'Untitled unit')}, sub, created_at, updated_at from the_unit order by 1`,
    actual: 'select id, title, author_id, created_at, updated_at from units order by 1',
  },
  {
    table: 'unit_sections',
    expected: `${ALL} select id, unit_id, ${named('title', 'Untitled section')}, place, created_at, updated_at from the_section order by 1`,
    actual: 'select id, unit_id, title, position, created_at, updated_at from unit_sections order by 1',
  },
  {
    table: 'course_modules',
    expected: `${ALL} select course_id, unit_id, place, assigned_at from the_module order by 1, 2`,
    actual: 'select course_id, unit_id, position, created_at from course_modules order by 1, 2',
  },
  {
    table: 'module_section_releases',
    expected: `${ALL} select m.course_id, m.unit_id, section_id, true, published_at, c.sub from course_unit_section_status v join the_section s on s.id = section_id
      join the_module m on m.course_id = v.course_id and m.unit_id = s.unit_id join the_course c on c.id = v.course_id where is_published and published_at is not null order by 1, 2, 3`,
    actual:
      'select course_id, unit_id, section_id, visible, released_at, released_by from module_section_releases r join course_modules m on m.id = course_module_id order by 1, 2, 3',
  },
  {
    table: 'unit_materials',
    expected: `${ALL}, ${MATERIAL} select unit_id, id, place, name,
      case when type = 'file' and is_there then '' when type = 'file' then '*File missing: ' || name || '*' when type = 'markdown' then m ->> 'content' else '[' || name || '](' || (m ->> 'content') || ')' end,
      case when type = 'file' and is_there then 'file' else 'markdown' end, case when is_there then concat('materials/', unit_id, '/', id, '/', own) end,
      case when is_there then coalesce(m ->> 'filename', m ->> 'title') end, case when is_there then mime end, size, sha256
      from the_material order by 2, 3`,
    actual:
      'select unit_id, section_id, position, title, body_md, kind, storage_key, filename_original, mime_type, size_bytes, sha256 from unit_materials order by 2, 3',
  },
  {
    table: 'unit_tasks',
    expected: `${ALL} select id, unit_id, section_id, ${named('instruction', '')}, ${CRITERIA}, solution_hints, case when max_attempts > 0 then max_attempts end, place, created_at, updated_at from the_task order by 1`,
    actual:
      'select id, unit_id, section_id, instruction_md, criteria::text, hints_md, max_attempts, position, created_at, updated_at from unit_tasks order by 1',
  },
  submissions(false),
]

/** How many rows are refused or left out, by entity and code, where that is not what is left of the above. */
export const FATES = `${ALL}
  select 'person duplicate_sub', count(*) from auth.users u join beside.map m on m.legacy_id = u.id where deleted_at is null and u.id not in (select id from person)
    and (select count(*) from beside.map d where d.legacy_id = u.id) = 1
  union all select 'person deleted_user', count(*) from auth.users where deleted_at is not null
  union all select 'person missing_identity', count(*) from auth.users where deleted_at is null and id not in (select legacy_id from beside.map)
  union all select 'course missing_teacher_identity', count(*) from course where id not in (select id from the_course)
  union all select 'release invisible', count(*) from course_unit_section_status where is_published is not true
  union all select 'release section_missing', count(*) from course_unit_section_status where is_published and section_id not in (select id from unit_section)
  union all select 'submission mastery_task', count(*) from handed where not regular
  union all select 'submission missing_course', count(*) from handed where regular and candidates is null
  union all select 'submission ambiguous_course', count(*) from handed where regular and candidates > 1
  order by 1`
