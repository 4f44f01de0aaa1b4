import { messageOf } from '../../core/errors.ts';
import type { DeployOptions } from './subject.ts';

/** Chains are short; one that leads back into itself has to end too. */
const MAX_CAUSES = 4;

/** What was thrown, by name and message, with its causes: `fetch failed` alone tells nobody why. */
export function errorText(thrown: unknown): string {
  const texts: string[] = [];
  for (let error = thrown; error !== undefined && texts.length < MAX_CAUSES; error = causeOf(error)) {
    const name = error instanceof Error ? error.name : undefined;
    texts.push(name === undefined || name === 'Error' ? messageOf(error) : `${name}: ${messageOf(error)}`);
  }
  return texts.join('; caused by ');
}

const causeOf = (error: unknown): unknown => (error instanceof Error ? error.cause : undefined);

/** A refusal that advises whoever deploys, with what a test has to say instead. */
export function withTestHint(text: string, { tables = [] }: DeployOptions): string {
  if (text.includes('has no outbox')) return `${text} (in a test: name what it publishes in "publishes")`;
  if (!text.includes('Requested resource not found')) return text;
  const known = tables.map(({ name }) => name).join(', ') || 'none';
  return `${text} (in a test: name every table that it reads or writes in "tables"; named are: ${known})`;
}
