import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The repository. */
export const PROJECT = join(import.meta.dirname, '../..');

/** A fenced block of a page: a language, sometimes the name of the file it is, and the text. */
export interface CodeBlock {
  /** Relative to the repository. */
  readonly page: string;
  /** Of the opening fence, from 1. */
  readonly line: number;
  readonly language: string;
  readonly title: string | undefined;
  readonly code: string;
}

/** The fenced blocks of a page, in order. */
export function codeBlocks(page: string): readonly CodeBlock[] {
  const text = readFileSync(join(PROJECT, page), 'utf8');
  return [...text.matchAll(/^```(\S+)(?: (\S+))?\n(.*?)^```$/gms)].map(({ 1: language = '', 2: title, 3: code = '', index }) => ({
    page,
    line: text.slice(0, index).split('\n').length,
    language,
    title,
    code,
  }));
}

/** The block of a page that is the named file. */
export function fileOf(page: string, title: string): string {
  const found = codeBlocks(page).filter((block) => block.title === title);
  if (found.length !== 1) throw new Error(`${page} has ${found.length} blocks called ${title}`);
  return found[0]?.code ?? '';
}

/** The commands of a page's shell blocks, one a line. */
export function commandsOf(page: string): readonly string[] {
  return codeBlocks(page)
    .filter(({ language }) => language === 'sh')
    .flatMap(({ code }) => code.trimEnd().split('\n'));
}

/** Every page of documentation, relative to the repository. */
export function pages(): readonly string[] {
  const below = (folder: string) =>
    readdirSync(join(PROJECT, folder), { recursive: true, encoding: 'utf8' }).map((file) => join(folder, file));
  return ['README.md', 'CONTRIBUTING.md', ...below('docs'), ...below('lib')].filter((file) => file.endsWith('.md')).sort();
}
