/** The mapping of the crash matrix. Every kind of key stands in it: int, bigint, composite, text, uuid that is kept, none at all. */
export const MANIFEST = `
migration: crash-matrix
sources:
  district: env:LEGACY_TENANT
  login: env:LEGACY_SHARED
tenants:
  - { code: north, id: 6b1f0a52-0f5e-4a57-9a53-000000000001, name: North, zone: Europe/Berlin }
  - { code: south, id: 6b1f0a52-0f5e-4a57-9a53-000000000002, name: South, zone: America/New_York }
time: { gap: shift_forward, overlap: earlier }
services:
  people: { url: env:SERVICE_PEOPLE, tenant_column: tenant_id, triggers: disable }
  facts: { url: env:SERVICE_FACTS, tenant_column: tenant_id }
stop: { quarantined: 1, errors: 1 }
defaults: { on_loss: { quarantine: lossy_cast }, unmapped: error }
finish: [{ service: people, sql: refresh materialized view people.country_letters }]
phases:
  - base: [country, person, team, member]
  - rest: [account, enrolment, tag, tagging, document, reading]
entities:
  country:
    service: people
    tenant: none
    from: login/legacy.country
    key: code
    into:
      people.countries: { columns: { code: code, name: name } }
  person:
    service: people
    from: legacy.person
    key: id
    rules:
      - { when: age = 61, exclude: test_person }
      - { when: age = 57, note: round_number }
    into:
      people.persons:
        columns:
          legacy_id: id
          manager_id: { ref: person, from: manager_id }
          country_id: { ref: country, from: country, missing: { quarantine: unknown_country } }
          name: name
          email: email
          hired_at: at
      people.person_details:
        columns: { person_id: { ref: person, from: id }, age: age }
  team:
    service: people
    from: legacy.team
    key: id
    into:
      people.teams: { columns: { legacy_id: id, lead_id: { ref: member, from: lead_id }, name: name } }
  member:
    service: people
    from: legacy.member
    key: id
    into:
      people.members: { columns: { legacy_id: id, team_id: { ref: team, from: team_id, missing: { quarantine: team_is_gone } }, name: name } }
  account:
    service: people
    from: legacy.account
    key: id
    into:
      people.accounts:
        columns:
          legacy_id: id
          person_id: { ref: person, from: person_id }
          holder_id: { ref: person, from: holder_id, missing: { value: null, note: holder_gone } }
          balance: balance
  enrolment:
    service: people
    from: legacy.enrolment
    key: [person_id, term, slot]
    into:
      people.enrolments: { columns: { person_id: { ref: person, from: person_id, missing: { exclude: person_gone } }, term: term, slot: slot, mark: mark } }
  tag:
    service: facts
    from: legacy.tag
    key: name
    into:
      facts.tags: { columns: { name: name, weight: weight } }
  tagging:
    service: facts
    from: legacy.tagging
    key: { content: true }
    into:
      facts.taggings: { columns: { tag_id: { ref: tag, from: tag }, person_id: { ref: person, from: person_id }, remark: remark } }
  document:
    service: facts
    from: legacy.document
    key: id
    id: keep
    into:
      facts.documents: { columns: { account_id: { ref: account, from: account_id, missing: { value: null, note: account_gone } }, title: title } }
  reading:
    service: facts
    from: legacy.reading
    key: id
    into:
      facts.readings:
        columns:
          legacy_id: id
          person_id: { ref: person, from: person_id }
          account_id: { ref: account, from: account_id }
          value: { from: value, on_loss: { allow: true, note: value_rounded } }
          at: at
`
