import { hash } from 'node:crypto';

/**
 * How often functions have run in one chain of requests, as the trace header carries it: `Lineage=1a2b3c4d:3|5e6f7a8b:1`. SDK clients in a
 * function send the header of its invocation on, queues keep it with the message (Lambda guide, "Use Lambda recursive loop detection to
 * prevent infinite loops"). What AWS writes there it does not document; only this engine reads it.
 */
export type Lineage = ReadonlyMap<string, number>;

/** The lineage in a trace header; empty where the chain begins. */
export function lineageOf(header: string | undefined): Lineage {
  const text = /(?:^|;)Lineage=([^;]*)/.exec(header ?? '')?.[1] ?? '';
  const steps = [...text.matchAll(/([0-9a-f]{8}):(\d{1,5})(?:\||$)/g)];
  return new Map(steps.map(([, name = '', runs]) => [name, Number(runs)]));
}

/** How often a function has run in the chain. */
export const runsOf = (lineage: Lineage, functionArn: string): number => lineage.get(nameOf(functionArn)) ?? 0;

/** The lineage after one more run of a function, as text. */
export function withRun(lineage: Lineage, functionArn: string): string {
  const runs = new Map(lineage).set(nameOf(functionArn), runsOf(lineage, functionArn) + 1);
  return `Lineage=${[...runs].map(([name, count]) => `${name}:${count}`).join('|')}`;
}

/** Of several headers the one in whose chain the function has run most often: one looping message is enough to stop a batch. */
export function longestChain(headers: readonly (string | undefined)[], functionArn: string): string | undefined {
  const ranked = headers.map((header) => ({ header, runs: runsOf(lineageOf(header), functionArn) }));
  return ranked.reduce<(typeof ranked)[number] | undefined>((best, one) => (best && best.runs >= one.runs ? best : one), undefined)?.header;
}

/** Versions and aliases of a function are one function. */
const nameOf = (functionArn: string): string => hash('sha256', functionArn.split(':').slice(0, 7).join(':')).slice(0, 8);
