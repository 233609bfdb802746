import { hstorePairs } from './byte-text.ts'
import { DONE, LOSSY, REFUSED } from './cast.ts'
import { checked, lossless, type RuleMaker } from './cast-rule.ts'
import { jsonbFormOf, jsonbObject } from './jsonb-form.ts'
import { utf8Text } from './value-text.ts'
import { writeVersioned } from './write-field.ts'

export const jsonToJsonb: RuleMaker = () =>
  checked(
    'Blanks and the order of keys are lost without being counted; the last of equal keys wins; \\u0000, half surrogate pairs and numbers beyond numeric are refused.',
    () => {
      return (data, start, length, out) => {
        const form = jsonbFormOf(utf8Text(data, start, length))
        if (!form) return REFUSED
        writeVersioned(form.text, out)
        return form.hasLostKeys ? LOSSY : DONE
      }
    },
  )

export const jsonbToJson: RuleMaker = () =>
  lossless(() => (data, start, length, out) => {
    out.field(data, start + 1, length - 1)
    return DONE
  })

/** An object of texts and nulls, as PostgreSQL’s cast makes it. */
export const hstoreToJsonb: RuleMaker = () =>
  lossless(() => (data, start, _length, out) => {
    const entries = hstorePairs(data, start).map(([key, value]) => [key, value === null ? 'null' : JSON.stringify(value)] as const)
    writeVersioned(jsonbObject(entries), out)
    return DONE
  })
