import assert from 'node:assert/strict'
import { test } from 'node:test'
import { builtinType } from '../../../src/cast/builtin-types.ts'
import { credentialColumn, credentialTable } from '../../../src/draft/credentials.ts'
import { isPersonal, isVolatile } from '../../../src/draft/personal-columns.ts'

const SECRET =
  `Password pwd user_pwd Passwd PasswordHash PasswordSalt password_history old_password Kennwort BenutzerPasswort contraseña MotDePasse wachtwoord
  SecurityStamp api_token ApiKey API_KEY client_secret private_key RSAPrivateKey ConnectionString access_token RefreshToken reset_token ftp_password smtp_pass SecurityAnswer
  password_hint token encryption_key recovery_codes totp_secret`.split(/\s+/)
const HARMLESS =
  `PasswordChangedDate must_change_password password_expires_at password_length PasswordAttempts HasPassword TokenCount Passenger compass pass_rate_id
  hash_tag file_hash pass Pass PassRate Passport bypass pinboard keyword secretary Secretary_Name ApiVersion public_key_id monkey Assalt token_id turkey_key`.split(
    /\s+/,
  )

test('columns that let somebody in are known by their names, in several spellings and languages', () => {
  for (const column of SECRET) assert.ok(credentialColumn('Settings', column) !== null, column)
})

test('columns about a secret, and words that only look like one, are carried', () => {
  for (const column of HARMLESS) assert.equal(credentialColumn('Settings', column), null, column)
})

test('hash and salt are secrets in a table of logins, and not elsewhere', () => {
  for (const column of ['hash', 'salt', 'Salt', 'pass']) {
    assert.ok(credentialColumn('Users', column) !== null, column)
    assert.equal(credentialColumn('Documents', column), null, column)
  }
})

test('tables of credentials are known by their names', () => {
  for (const table of [
    'user_tokens',
    'ApiKeys',
    'Credentials',
    'RolloverFtpLogin',
    'passwords',
    'AspNetUserTokens',
    'SmtpAccount',
    'refresh_tokens',
  ])
    assert.ok(credentialTable(table) !== null, table)
  for (const table of ['users', 'AspNetUserLogins', 'tokens_sold', 'account', 'PasswordPolicy', 'KeyResults'])
    assert.equal(credentialTable(table), null, table)
})

test('what may be about a person is left out of examples, by column or by table', () => {
  const text = builtinType('text')
  for (const column of ['FirstName', 'e_mail', 'Phone', 'BirthDate', 'ZipCode', 'SSN', 'UserName', 'Comment'])
    assert.ok(isPersonal('item', column, text), column)
  assert.ok(isPersonal('Customer', 'Anything', text))
  assert.ok(!isPersonal('Customer', 'Level', builtinType('int4')))
  assert.ok(!isPersonal('Product', 'Name', text))
})

test('what is likely to change before the migration is left out of examples', () => {
  for (const column of ['ModifiedDate', 'last_seen_at', 'balance', 'row_version']) assert.ok(isVolatile(column), column)
  for (const column of ['price', 'SoldAt', 'created']) assert.ok(!isVolatile(column), column)
})
