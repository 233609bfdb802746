/** What a role needs to write the ledger after somebody else installed it. `role` is quoted already. The audit chain and the versions can only be added to or read. */
export function ledgerGrants(role: string): readonly string[] {
  return [
    `grant usage on schema rehouse to ${role};`,
    `grant select, insert, update, delete on all tables in schema rehouse to ${role};`,
    `grant usage on all sequences in schema rehouse to ${role};`,
    `revoke update, delete on rehouse.audit from ${role};`,
    `revoke insert, update, delete on rehouse.schema_version from ${role};`,
  ]
}

/** What a role needs to read the ledger (status, look-ups, reports), and to add to its audit that it did. `role` is quoted already. */
export function ledgerReadGrants(role: string): readonly string[] {
  return [
    `grant usage on schema rehouse to ${role};`,
    `grant select on all tables in schema rehouse to ${role};`,
    `grant insert on rehouse.audit to ${role};`,
    `grant update on rehouse.audit_head to ${role};`,
  ]
}
