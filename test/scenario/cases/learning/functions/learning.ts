import type { Instant, Json, MappingFunction, Note, Uuid } from 'rehouse'

interface Criteria {
  readonly grading_criteria: readonly (string | null)[] | null
  readonly assessment_criteria: Json
}

/** Trimmed, without what is empty or double, ten at most; what is cut is noted. */
export const criteria: MappingFunction<Criteria, readonly string[]> = ({ grading_criteria, assessment_criteria }) => {
  const given = grading_criteria ?? (Array.isArray(assessment_criteria) ? assessment_criteria : [])
  const texts = given.filter(one => typeof one === 'string').map(one => one.trim())
  const clean = [...new Set(texts.filter(one => one !== ''))]
  return clean.length <= 10 ? { value: clean } : { value: clean.slice(0, 10), note: { code: 'criteria_cut' } }
}

interface Resolver {
  readonly submitted_at: Instant
  readonly memberships: readonly { readonly course_id: Uuid; readonly course: { readonly created_at: Instant } | null }[]
  readonly modules: readonly { readonly course_id: Uuid }[]
  readonly releases: readonly { readonly course_id: Uuid; readonly published_at: Instant | null }[]
}

/** Of the courses the student is in and that have the task's unit: those that showed the section when it was handed in, if any did. */
export const course: MappingFunction<Resolver, Uuid> = ({ submitted_at, memberships, modules, releases }, { option }) => {
  const withUnit = new Set(modules.map(one => one.course_id))
  const candidates = memberships.filter(one => withUnit.has(one.course_id))
  const [only] = candidates
  if (only === undefined) return { exclude: 'missing_course' }
  const visible = new Set(releases.filter(one => one.published_at !== null && one.published_at <= submitted_at).map(one => one.course_id))
  const preferred = candidates.filter(one => visible.has(one.course_id))
  const left = preferred.length > 0 ? preferred : candidates
  if (left.length > 1 && option.ambiguous !== 'earliest') return { exclude: 'ambiguous_course' }
  const at = (one: typeof only): string => `${one.course?.created_at ?? '~'}/${one.course_id}`
  const first = left.reduce((a, b) => (at(b) < at(a) ? b : a))
  return { value: first.course_id, ...(left.length > 1 ? { note: { code: 'ambiguous_course' } } : {}) }
}

interface Payload {
  readonly kind: 'text' | 'image' | 'file'
  readonly text: string | null
  readonly storage_key: string | null
  readonly mime_type: string | null
  readonly size_bytes: bigint | null
  readonly sha256: string | null
}

interface Handed {
  readonly submission_data: Json
  readonly blob: { readonly key: string; readonly size: bigint; readonly sha256: string; readonly mime: string } | null
}

const KINDS: Readonly<Record<string, Payload['kind']>> = { 'image/jpeg': 'image', 'image/png': 'image', 'application/pdf': 'file' }
const NO_FILE = { storage_key: null, mime_type: null, size_bytes: null, sha256: null }

export const payload: MappingFunction<Handed, Payload> = ({ submission_data, blob }) => {
  const text = member(submission_data, 'text')
  if (member(submission_data, 'file_path') === null)
    return text === null ? { quarantine: 'invalid_payload' } : { value: { kind: 'text', text, ...NO_FILE } }
  if (blob === null) return { quarantine: 'blob_missing' }
  const mime = blob.mime.toLowerCase()
  const kind = KINDS[mime]
  if (kind === undefined) return { quarantine: 'unsupported_kind' }
  return { value: { kind, text, storage_key: blob.key, mime_type: mime, size_bytes: blob.size, sha256: blob.sha256.toLowerCase() } }
}

interface Feedback {
  readonly teacher_override_feedback: string | null
  readonly feed_back_text: string | null
  readonly feed_forward_text: string | null
}

export const feedback: MappingFunction<Feedback, string> = ({ teacher_override_feedback, feed_back_text, feed_forward_text }) => {
  const parts = teacher_override_feedback === null ? [feed_back_text, feed_forward_text] : [teacher_override_feedback]
  const text = parts.filter(part => part !== null && part.trim() !== '').join('\n\n')
  const isOverridden = teacher_override_feedback !== null && (feed_back_text ?? feed_forward_text) !== null
  const note: readonly Note[] = isOverridden ? [{ code: 'feedback_overridden' }] : []
  return { value: text === '' ? null : text, note }
}

/** A text member of a document; null where there is none. A number has a `text` too, and is no document. */
function member(document: Json, name: string): string | null {
  if (typeof document !== 'object' || document === null || document instanceof JsonNumber) return null
  const found = Object.entries(document).find(([key]) => key === name)?.[1]
  return typeof found === 'string' ? found : null
}
