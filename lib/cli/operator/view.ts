import type { Terminal } from '../terminal.ts';
import type { Desk } from './desk.ts';

/** How something is shown: in which colours, how wide, at which time, and how commands are written that somebody may type next. */
export interface View {
  readonly terminal: Terminal;
  readonly columns: number;
  readonly now: number;
  readonly command: Desk['command'];
}

/** Standard output as it is now. */
export const viewOf = ({ output, columns, clock, command }: Desk): View => ({ terminal: output, columns, now: clock.now(), command });
