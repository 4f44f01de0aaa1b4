import { readFileSync } from 'node:fs';

/** The reasons that a file's source gives when it throws: a new one that no case reaches makes its test fail. */
export interface SourceReasons {
  readonly all: readonly string[];
  /** The reason that a message was made from. */
  of(message: string): string;
}

const LIB = new URL('../../lib/', import.meta.url);

/**
 * Collects the texts of every call of `thrower` in some files, e.g. of `new PatternError('…')`. What a template fills in shows as `…`.
 *
 * @example
 * reasonsInSource('PatternError', ['local/event-source-mapping/pattern-leaf.ts']).of('prefix match pattern must be a string.')
 * // => '… match pattern must be a string.'
 */
export function reasonsInSource(thrower: string, files: readonly string[]): SourceReasons {
  const call = new RegExp(`\\b${thrower}\\(\\s*(['"\`])((?:\\\\.|(?!\\1).)*)\\1`, 'gs');
  const texts = files.flatMap((file) => [...readFileSync(new URL(file, LIB), 'utf8').matchAll(call)].map((match) => match[2] ?? ''));
  const all = [...new Set(texts.map((text) => text.replaceAll(/\$\{(?:[^{}]|\{[^{}]*\})*\}/g, '…')))];
  const shapes = all
    .map((reason) => ({ reason, shape: new RegExp(`^${reason.split('…').map(RegExp.escape).join('[^]*')}$`) }))
    .sort((a, b) => b.reason.length - a.reason.length);
  return { all, of: (message) => shapes.find(({ shape }) => shape.test(message))?.reason ?? `no reason in the source: ${message}` };
}
