import { pagesOf } from '../../core/pages.ts';
import type { LogLine, Logs } from './logs.ts';

/** Lines turn up in the logs some time after they were written; so far back they are looked for. */
const LATE_MS = 15_000;

/** Reads what is new in a group since the last time, each line once; the first time from `since` on (epoch milliseconds). */
export function createGroupReader(logs: Logs, group: string, since: number): () => Promise<readonly LogLine[]> {
  let seen = new Map<string, number>();
  let newest = since;
  return async () => {
    const from = Math.max(since, newest - LATE_MS);
    const news: LogLine[] = [];
    for await (const { items } of pagesOf((cursor) => logs.lines(group, from, cursor))) {
      for (const line of items) {
        if (seen.has(line.id)) continue;
        seen.set(line.id, line.at);
        newest = Math.max(newest, line.at);
        news.push(line);
      }
    }
    seen = new Map([...seen].filter(([, at]) => at >= newest - LATE_MS));
    return news;
  };
}
