const ESCAPES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', '\r': '&#xD;' };

/** Text for an XML body or attribute. A carriage return is written as a reference, because parsers turn a bare one into a line feed. */
export function escapeXml(text: string): string {
  return text.replace(/[&<>"\r]/g, (character) => ESCAPES[character] ?? character);
}

/** One element with the given markup inside; an empty one when there is none. */
export function element(name: string, markup: string): string {
  return markup === '' ? `<${name}/>` : `<${name}>${markup}</${name}>`;
}

/** What every XML answer of AWS starts with. */
export const XML_DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n';

/** Seconds since the epoch as XML answers show a time, e.g. `2026-01-31T10:00:00.000Z`. */
export const isoTime = (seconds: number): string => new Date(Math.round(seconds * 1000)).toISOString();
