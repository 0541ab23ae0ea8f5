// HTML by tagged template. Everything that is put in is escaped, in text and in quoted attributes alike, unless it is
// `Html` itself; so that a text of an operator, a component's name or a probe's words never become markup.
//
//   html`<p title="${name}">${items.map((item) => html`<b>${item}</b>`)}</p>`
//
// Values in attributes must stand in quotes. Lists are joined; `undefined` and `false` are nothing.

export class Html {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  toString(): string {
    return this.text;
  }
}

export type Value = Html | string | number | undefined | false | readonly Value[];

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

export function html(parts: TemplateStringsArray, ...values: readonly Value[]): Html {
  let text = parts[0] ?? '';
  values.forEach((value, index) => {
    text += textOf(value) + (parts[index + 1] ?? '');
  });
  return new Html(text);
}

/** Markup of our own, such as an SVG path; never of anything that came from outside. */
export function markup(text: string): Html {
  return new Html(text);
}

export function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? '');
}

function textOf(value: Value): string {
  if (value instanceof Html) return value.text;
  if (value === undefined || value === false) return '';
  return Array.isArray(value) ? value.map(textOf).join('') : escaped(String(value));
}
