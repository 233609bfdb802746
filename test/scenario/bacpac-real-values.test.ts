import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { valueText } from '../../src/cast/value-text.ts'
import { openBacpacSource } from '../../src/source/bacpac/bacpac-source.ts'
import { collectFields } from '../contract/table-spec.ts'

/** Values of real exports as a person finds them in the bytes. The files are no part of the project. */
async function read(
  name: string,
  work: (rows: (table: string) => Promise<readonly Readonly<Record<string, string | null>>[]>) => Promise<void>,
) {
  const path = fileURLToPath(new URL(`../../../shared/data/${name}`, import.meta.url))
  const source = openBacpacSource({ path, options: new Map(), label: `bacpac:${name}`, privateFolder: '' })
  const { signal } = new AbortController()
  try {
    const { relations } = await source.describe()
    const snapshot = await source.openSnapshot(relations)
    await work(async table => {
      const relation = relations.find(one => `${one.schema}.${one.name}` === table)
      assert.ok(relation, table)
      const columns = relation.columns.map(column => column.name)
      const key = { kind: 'columns', names: relation.primaryKey ?? [] } as const
      const fields = await collectFields(snapshot.read({ relation, columns, key, after: null, signal }), columns.length)
      return fields.map(row =>
        Object.fromEntries(
          relation.columns.map(({ name: column, type }, i) => {
            const field = row[i] ?? null
            return [column, field === null ? null : valueText(type)(field, 0, field.length)]
          }),
        ),
      )
    })
    await snapshot.confirm?.(signal)
  } finally {
    await source.close()
  }
}

const skipUnless = (name: string): string | false =>
  existsSync(fileURLToPath(new URL(`../../../shared/data/${name}`, import.meta.url)))
    ? false
    : `${name} is not beside the project (../shared/data)`

test('AdventureWorksLT: 4277 rows as Origin.xml says, and values as they lie in the file', {
  skip: skipUnless('AdventureWorksLT.bacpac'),
}, async () => {
  await read('AdventureWorksLT.bacpac', async rows => {
    const [version] = await rows('dbo.BuildVersion')
    assert.deepEqual(version, {
      SystemInformationID: '1',
      'Database Version': '10.50.91013.00',
      VersionDate: '2009-10-13 00:00:00',
      ModifiedDate: '2009-10-13 00:00:00',
    })
    const products = await rows('SalesLT.Product')
    assert.equal(products.length, 295)
    const { ThumbNailPhoto, rowguid, ...product } = products[0] ?? {}
    assert.match(String(ThumbNailPhoto), /^\\x474946383961/)
    assert.match(String(rowguid), /^[0-9a-f-]{36}$/)
    assert.deepEqual(product, {
      ProductID: '680',
      Name: 'HL Road Frame - Black, 58',
      ProductNumber: 'FR-R92B-58',
      Color: 'Black',
      StandardCost: '1059.3100',
      ListPrice: '1431.5000',
      Size: '58',
      Weight: '1016.04',
      ProductCategoryID: '18',
      ProductModelID: '6',
      SellStartDate: '2002-06-01 00:00:00',
      SellEndDate: null,
      DiscontinuedDate: null,
      ThumbnailPhotoFileName: 'no_image_available_small.gif',
      ModifiedDate: '2008-03-11 10:01:36.827',
    })
    const [order] = await rows('SalesLT.SalesOrderHeader')
    assert.deepEqual(
      [order?.SalesOrderID, order?.OnlineOrderFlag, order?.SubTotal, order?.Comment, order?.TotalDue],
      ['71774', 'f', '880.3484', null, undefined],
    )
  })
})

test('Clinic: 287 rows as Origin.xml says, chars without a length and dates of every kind', {
  skip: skipUnless('Clinic.bacpac'),
}, async () => {
  await read('Clinic.bacpac', async rows => {
    const [patient] = await rows('dbo.Patients')
    assert.deepEqual(patient, {
      PatientID: '1',
      SSN: '795-73-9838',
      FirstName: 'Catherine',
      LastName: 'Abel',
      MiddleName: 'R.',
      StreetAddress: '57251 Serene Blvd',
      City: 'Van Nuys',
      ZipCode: '91411',
      State: 'CA',
      BirthDate: '1996-09-10 00:00:00',
    })
    assert.deepEqual(
      (await rows('dbo.Visits')).map(visit => [visit.VisitID, visit.Date, visit.Reason, visit.FollowUpDate]),
      [
        ['1', '2016-01-10', 'Headache', null],
        ['2', '2016-01-10', 'Worse headache', null],
      ],
    )
    const users = await rows('dbo.AspNetUsers')
    assert.deepEqual(
      users.map(user => [user.UserName, user.Email, user.EmailConfirmed, user.LockoutEndDateUtc, user.PasswordHash?.length]),
      [
        ['alice@contoso.com', null, 'f', null, 68],
        ['rachel@contoso.com', null, 'f', null, 68],
      ],
    )
  })
})
