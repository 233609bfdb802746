import { either, type Forms, list, literal, map, named, object, text, words } from './form.ts'
import { word } from './grammar-words.ts'

/** Named cleansing rules: what happens to a text before anything else asks for it. */

const steps = words({
  trim: 'white space at both ends goes (all of Unicode’s, not only blanks)',
  collapse: 'each run of white space becomes one blank',
  lower: 'lower case',
  upper: 'upper case',
  null_if_blank: 'a text of nothing but white space becomes NULL',
})

export const cleanseName = word('the name of a cleansing rule or step in snake_case')

export const cleanseForms: Forms = {
  cleanse: list('a list of cleansing steps', named('cleanse_step'), 1),
  cleanse_step: either('a cleansing step: a word, or a map with map or regex', [
    { on: 'text', form: steps },
    {
      on: 'map',
      by: 'map',
      form: object('a step with map', {
        map: {
          doc: 'Whole text → another, or null. A text that is not in it stays.',
          form: map('a map of texts', text('an old text', ''), literal, { least: 1 }),
          isRequired: true,
        },
      }),
    },
    { on: 'map', form: named('cleanse_regex') },
  ]),
  cleanse_regex: object('a step with regex', {
    regex: {
      doc: 'What is replaced, each time it occurs: a regular expression of ECMAScript with the flag `u`.',
      form: text('a regular expression', '.'),
      isRequired: true,
    },
    with: { doc: 'What stands there instead; `$1` is the first group.', form: text('a text', ''), otherwise: 'nothing' },
  }),
}
