/** What to do about text that is no CSV. */
export const CARRIAGE_RETURN_NEXT = 'Have the exporter quote fields that hold line ends.'
export const STRAY_QUOTE_NEXT =
  'Have the exporter quote the field and double the quotes in it; if the file has no quoting at all, say so: ?quote=none.'
export const AFTER_QUOTE_NEXT = 'Have the exporter double quotes inside of quoted fields; blanks around quotes are let pass with ?trim=yes.'
export const UNCLOSED_NEXT =
  'Close the quote; if quotes are no quotes in this file, say so: ?quote=none. Records longer than this need ?record_limit=BYTES.'
export const NUL_NEXT = 'PostgreSQL’s text has no NUL. If the file is UTF-16, say so: ?encoding=utf-16le (or utf-16be).'
