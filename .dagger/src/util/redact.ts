/** How the name of a Secret ends that is made of given values: by its content. */
const DIGEST = /^[0-9a-f]{10}$/

/** What must not be shown of the secrets that a deployment was given. */
export class Redactor {
  /** Those that can be taken out of a text. */
  readonly values: string[]
  private forms?: string[]

  /**
   * @param prefix How the Secrets begin that hold nothing but these values; unset: none is known to.
   * @param names What reports are full of and everybody knows, as the names of objects: without them no report could be read.
   */
  constructor(
    values: string[],
    private readonly prefix?: string,
    private readonly names: string[] = [],
  ) {
    this.values = this.redactable(values)
  }

  /** A text without these values, also where they are encoded and line by line: `***` stands for them. */
  redact(text: string): string {
    this.forms ??= allFormsOf(this.values)
    return withoutForms(text, this.forms)
  }

  /** The same values, for pods that have other Secrets. */
  forOtherSecrets(): Redactor {
    return new Redactor(this.values, undefined, this.names)
  }

  /** Those of some values that can be taken out of a text without making it unreadable. */
  redactable(values: string[]): string[] {
    const words = this.names.flatMap(name => [name, ...name.split(/[-.]/)])
    return values.filter(value => isRedactable(value) && !words.includes(value.trim()))
  }

  /** Whether the values of a Secret are among these, by its name. */
  knows(secret: string): boolean {
    return this.prefix !== undefined && secret.startsWith(this.prefix) && DIGEST.test(secret.slice(this.prefix.length))
  }
}

/** Lines of a value that are shorter are no secret by themselves, as the brace of a JSON file. */
const SHORTEST_LINE = 8
/** Values that are shorter occur in ordinary text. */
const SHORTEST_VALUE = 4
/** Values that ordinary text is full of: settings rather than secrets. */
const PLAIN =
  /^(\d{1,5}|true|false|null|none|disabled?|enabled?|debug|info|warn(ing)?|error|production|development|staging|test(ing)?|local(host)?|default|postgres(ql)?|redis|admin|root|user|backend|frontend)$/i

/** Whether a value can be taken out of a text without making the text unreadable. */
export function isRedactable(value: string): boolean {
  return value.length >= SHORTEST_VALUE && !PLAIN.test(value.trim())
}

/** Replace secret values in a text, also where they are encoded and line by line, by `***`. */
export function redact(text: string, values: string[]): string {
  return withoutForms(text, allFormsOf(values))
}

/** The longest first: of a secret that contains another one, nothing may be left. */
function allFormsOf(values: string[]): string[] {
  const secret = values.filter(isRedactable)
  const forms = new Set([
    ...[...new Set(secret.flatMap(value => [value, ...linesOf(value)]))].flatMap(formsOf),
    ...secret.flatMap(wrappedBase64),
  ])
  return [...forms].sort((a, b) => b.length - a.length)
}

function withoutForms(text: string, forms: string[]): string {
  return forms.reduce((clean, form) => clean.replaceAll(form, "***"), text)
}

/** The lines of a value, also of one that has them in one line, as a key in JSON or in a variable: the application breaks it. */
function linesOf(value: string): string[] {
  const lines = value.split(/\r\n?|\n|(?:\\r)?\\n/)
  return lines.map(line => line.trim()).filter(line => line.length >= SHORTEST_LINE)
}

/** Lengths of lines into which tools break base64: base64 and MIME, openssl and PEM. */
const WRAPS = [76, 64]

/** The lines of a value's base64. */
function wrappedBase64(value: string): string[] {
  const base64 = Buffer.from(value).toString("base64")
  return WRAPS.flatMap(length => base64.match(new RegExp(`.{1,${length}}`, "g"))!).filter(
    line => line.length >= SHORTEST_LINE,
  )
}

/** A value as it is, and in every encoding in which it may be written down. */
export function formsOf(value: string): string[] {
  const bytes = Buffer.from(value)
  const forms = [
    value,
    ...quoted(value),
    ...urlEncoded(value),
    ...asHtml(value),
    bytes.toString("hex"),
    bytes.toString("hex").toUpperCase(),
    bytes.toString("base64"),
    bytes.toString("base64url"),
    ...[0, 1, 2].flatMap(offset => base64Within(bytes, offset)),
  ]
  return [...new Set(forms)]
}

/** As a string of JSON, also of JSON within JSON, and as those of other languages: each escapes other characters. */
function quoted(value: string): string[] {
  const json = JSON.stringify(value).slice(1, -1)
  const escaped = (characters: RegExp) =>
    json.replace(characters, character => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`)
  const ascii = escaped(/[^ -~]/g)
  const single = json.replaceAll('\\"', '"')
  return [
    json,
    JSON.stringify(json).slice(1, -1),
    ascii,
    ascii.replaceAll("/", "\\/"),
    escaped(/[<>&]/g),
    single,
    single.replaceAll("'", "\\'"),
  ]
}

/** Of a URL and of a form; libraries differ in the marks that they leave, and in the case of the digits. */
function urlEncoded(value: string): string[] {
  const component = encodeURIComponent(value)
  const strict = component.replace(/[!'()*]/g, mark => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`)
  const form = new URLSearchParams({ "": value }).toString().slice(1)
  const forms = [component, strict, strict.replaceAll("%2F", "/"), form]
  return [...forms, ...forms.map(text => text.replace(/%../g, code => code.toLowerCase()))]
}

function asHtml(value: string): string[] {
  const named = value.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;")
  return [
    named.replaceAll('"', "&quot;").replaceAll("'", "&#x27;"),
    named.replaceAll('"', "&#34;").replaceAll("'", "&#39;"),
  ]
}

/** The characters that stand for these bytes alone in the base64 of anything that has `offset` (mod 3) bytes before them, as in `user:password`. */
export function base64Within(bytes: Buffer, offset: number): string[] {
  const first = Math.ceil((offset * 4) / 3)
  const last = Math.floor(((offset + bytes.length) * 4) / 3)
  const padded = Buffer.concat([Buffer.alloc(offset), bytes])
  return (["base64", "base64url"] as const).map(encoding => padded.toString(encoding).slice(first, last))
}
