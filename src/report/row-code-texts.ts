/** Codes Rehouse itself gives to rows in quarantine and to outcomes taken, beside those of the mapping: what each means and what to do. */
export const QUARANTINE_CODE_TEXTS: Readonly<Record<string, string>> = {
  null_key: 'A part of the legacy key is NULL. Choose another `key`, or correct the row.',
  duplicate_key:
    'The source has another row with the same key; the first one was taken. Choose a `key` that is unique, or correct the rows.',
  orphan: 'A reference, or `same_as`, names a row the source does not have. Say under `missing` what such a row is worth.',
  parent_quarantined: 'The row a reference names is in quarantine itself. Deal with that one first.',
  same_as_circle: 'The rows it is said to be (`same_as`) lead back to itself. Correct the rows, or let one of them be its own.',
  parent_excluded: 'The row a reference names was excluded by a rule. Exclude this one too, or say under `missing` what happens.',
  null_member: 'A member of a list has no key for the object it is collected into. Leave such members out with a rule.',
  duplicate_member:
    'Two members of a list have the same key in the object they are collected into. Number them and leave one out with a rule.',
  unmapped_value: 'The value is in no line of the column’s `map`, and there is no `else`. Add the line.',
  no_shape:
    'Of several shapes of the first table under `into` none has a `when` that holds. Add a last one without `when`, or a rule that excludes such rows.',
  not_a_list:
    'What stands under `each` is neither a list nor NULL in this row. Say under `not_a_list` of `from` what happens, or correct the row.',
  not_null: 'The target column takes no NULL and the mapping gave one. Say so with `if_null`.',
  not_representable:
    'The target type cannot hold the value, or not without a loss. Say under `on_loss` what is allowed, or widen the target column.',
  invalid_value: 'An expression or a cast cannot work with this value, such as a text that is no number.',
  time_gap: 'The local time does not exist in the tenant’s zone (clocks were put forward). `time: { gap: … }` decides.',
  time_overlap: 'The local time exists twice in the tenant’s zone (clocks were put back). `time: { overlap: … }` decides.',
  id_missing: 'The identity map has no identifier for the row (`id: lookup`). Add it to the map, or exclude such rows by a rule.',
  id_taken: 'Another row has this identifier: one of another entity, or, where it is looked up, an earlier one of the same.',
  foreign_key_violation: 'A foreign key of the target refused the row: it names a row that is not in the target.',
  unique_violation: 'A unique key of the target refused the row: another row has the same values.',
  check_violation: 'A CHECK constraint of the target refused the row.',
  exclusion_violation: 'An exclusion constraint of the target refused the row.',
  integrity_violation: 'Another integrity rule of the target refused the row; the detail names it.',
  value_refused: 'The target refused a value as such (SQLSTATE class 22).',
  trigger_refused: 'A trigger of the target raised an exception for the row.',
  policy_refused: 'A row-level security policy or a view’s check option refused the row.',
}

export const OUTCOME_CODE_TEXTS: Readonly<Record<string, string>> = {
  default: 'A declared replacement was taken that has no `note` of its own.',
  from: 'A declared second source for the value was taken that has no `note` of its own.',
  allowed: 'What is missing was let be (`allow`), without a `note` of its own: a NULL, or a reference to a row that is not there.',
  lossy_cast: 'A declared loss was taken (`on_loss: allow`) that has no `note` of its own.',
  time_gap: 'A local time that does not exist was moved as the policy says.',
  time_overlap: 'A local time that exists twice was read as the policy says.',
  column_lacking: 'The tenant’s table lacks a column under `may_lack`; NULL was taken.',
}
