import { prettyJson } from '../../core/json-text.ts';
import { FAILURE_STATUSES, type Failure, type FailureAudit, type FailureGroup } from '../../dlq/failure.ts';
import { LOST } from '../../ops/redrive.again.ts';
import { count, instant, printable, printableLines, shortId, span } from '../operator/printable.ts';
import type { View } from '../operator/view.ts';
import { type Terminal, table } from '../terminal.ts';

const ago = (at: number, now: number): string => `${span((now - at) / 1_000)} ago`;

/** Failures as a table, one line each. */
export function failureLines(failures: readonly Failure[], { terminal, columns, now }: View): readonly string[] {
  const rows = failures.map(({ id, failedAt, consumer, messageType = '-', reason, errorMessage, redrives }) => [
    shortId(id),
    ago(failedAt, now),
    printable(consumer, 48),
    printable(messageType, 48),
    redrives,
    printable(reason, 30),
    printable(errorMessage, 200),
  ]);
  const [head = '', ...lines] = table([['id', 'failed', 'consumer', 'type', 'redrives', 'reason', 'error'], ...rows]);
  return [terminal.dim(head), ...lines.map((line) => cut(line, columns))];
}

const cut = (line: string, columns: number): string => (line.length > columns ? `${line.slice(0, columns - 1).toWellFormed()}…` : line);

/** How many stand how, e.g. `12 open, 3 parked`. */
export function standings(counts: FailureGroup['counts']): string {
  const parts = FAILURE_STATUSES.flatMap((status) => (counts[status] ? [`${counts[status]} ${status}`] : []));
  return parts.join(', ') || 'none left';
}

/** Groups, two lines each. */
export function groupLines(groups: readonly FailureGroup[], { terminal, columns, now }: View): readonly string[] {
  return groups.flatMap((group) => {
    const { consumer, messageType, reason, errorType, errorMessage, firstAt, lastAt, total, handlerVersions } = group;
    // The line above says the reason.
    const isSaid = errorType === reason || errorMessage.startsWith(errorType);
    const error = printable(isSaid ? errorMessage : `${errorType}: ${errorMessage}`, 200);
    const where = [consumer, ...(messageType === undefined ? [] : [messageType]), reason].map((text) => printable(text, 60)).join('  ');
    const versions =
      handlerVersions.length === 0
        ? ''
        : `, by ${handlerVersions.length === 1 ? 'version' : 'versions'} ${handlerVersions.map((version) => printable(version, 20)).join(', ')}`;
    const times = total === 1 ? ago(lastAt, now) : `first ${ago(firstAt, now)}, last ${ago(lastAt, now)}`;
    const about = `fingerprint=${printable(group.fingerprint)}  ${times}, ${total} in all${versions}, e.g. ${shortId(group.sampleId)}`;
    return [`${terminal.bold(standings(group.counts))}  ${where}`, cut(`    ${error}`, columns), terminal.dim(`    ${about}`), ''];
  });
}

/** What `show` answers. */
export interface Shown {
  readonly failure: Failure;
  readonly body: string;
  readonly audits: readonly FailureAudit[];
}

/** Everything that is known of one failure. */
export function storyLines({ failure, body, audits }: Shown, { terminal, command }: View): readonly string[] {
  return [
    `${terminal.bold(failure.id)}  ${failure.status}`,
    '',
    ...table(factsOf(failure)).map((line) => `  ${line}`),
    ...section(terminal, 'attempts', attemptLines(failure)),
    ...section(terminal, 'stack', stackLines(failure)),
    ...section(terminal, 'body', printableLines(prettyJson(body))),
    ...section(terminal, 'attributes', attributeLines(failure)),
    ...section(terminal, 'what was done', audits.flatMap(auditLines)),
    ...section(terminal, 'what to do', begunAdvice(failure, command)),
  ];
}

/** Nothing but its reason tells from any other failure one that may have had its effects. */
function begunAdvice({ id, status, reason }: Failure, command: View['command']): readonly string[] {
  if (!LOST.has(reason) || (status !== 'open' && status !== 'parked')) return [];
  return [
    'It may have run: its consumer runs a message at most once, and has begun with this one. Find out what it did.',
    `If that is enough: ${command(`dlq archive ${shortId(id)}`)}`,
    `To run it once more: ${command(`redrive ${shortId(id)} --run-again`)}`,
  ];
}

function section(terminal: Terminal, title: string, lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [] : ['', terminal.bold(title), ...lines.map((line) => `  ${line}`)];
}

function factsOf(failure: Failure): readonly (readonly [string, string])[] {
  const { errorType, errorMessage, messageTime, letters, redrives, redriveId, editOf, receiveCount } = failure;
  const facts: readonly (readonly [string, string | undefined])[] = [
    ['consumer', failure.consumer],
    ['reason', failure.reason],
    ['error', errorMessage.startsWith(errorType) ? errorMessage : `${errorType}: ${errorMessage}`],
    ['failed', `${instant(failure.failedAt)}, received ${count(receiveCount, 'time')}`],
    ['fingerprint', failure.fingerprint],
    ['message', failure.messageId],
    ['type', failure.messageType],
    ['key', failure.key],
    ['group', failure.groupId],
    ['sent', messageTime === undefined ? undefined : instant(messageTime)],
    ['trace', failure.traceId],
    ['version', failure.handlerVersion],
    ['source', failure.source],
    ['letters', letters > 1 ? String(letters) : undefined],
    ['redriven', redrives > 0 ? `${count(redrives, 'time')}${redriveId === undefined ? '' : `, last by ${redriveId}`}` : undefined],
    ['copy of', editOf],
  ];
  return facts.flatMap(([name, value]) => (value === undefined ? [] : [[name, printable(value)] as const]));
}

/** An error that is the reason was made by what judged the message: its text says everything, and its stack names no line of the handler. */
function stackLines({ stack, errorType, reason }: Failure): readonly string[] {
  return stack === undefined || errorType === reason ? [] : printableLines(stack);
}

function attemptLines({ attempts }: Failure): readonly string[] {
  return table(
    attempts.map(({ at, type, message }, place) => [place + 1, printable(at, 30), printable(type, 60), printable(message, 200)]),
  );
}

function attributeLines({ attributes }: Failure): readonly string[] {
  return table(
    Object.entries(attributes).map(([name, { dataType, stringValue, binaryValue }]) => [
      printable(name, 256),
      printable(stringValue ?? (binaryValue === undefined ? dataType : `${dataType}, ${binaryValue.length} characters in base64`), 200),
    ]),
  );
}

function auditLines({ at, action, who, why, result, redriveId, runAgain, diff }: FailureAudit): readonly string[] {
  const by = `${printable(who, 120)}${why === undefined ? '' : ` (${printable(why, 200)})`}`;
  const agreed = runAgain ? ', agreed to run again' : '';
  const line = `${instant(at)}  ${action}: ${printable(result, 300)}${agreed}  ${by}${redriveId === undefined ? '' : `  ${printable(redriveId)}`}`;
  return [line, ...(diff === undefined ? [] : printableLines(diff).map((each) => `  ${each}`))];
}
