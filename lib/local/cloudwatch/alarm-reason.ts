import type { Json } from '../aws.ts';

interface Point {
  /** Milliseconds since the epoch. */
  readonly timestamp: number;
  readonly value: number;
}

/** What an evaluation saw, and what came of it. */
interface Evaluated {
  /** Oldest first. */
  readonly points: readonly Point[];
  readonly breaching: readonly Point[];
  /** Breaching datapoints that make an alarm. */
  readonly needed: number;
  readonly from: string;
  readonly to: string;
}

const COMPARISONS: Readonly<Record<string, string>> = {
  GreaterThanOrEqualToThreshold: 'greater than or equal to',
  GreaterThanThreshold: 'greater than',
  LessThanThreshold: 'less than',
  LessThanOrEqualToThreshold: 'less than or equal to',
};

const count = (number: number, noun: string): string => `${number} ${noun}${number === 1 ? '' : 's'}`;
const was = (number: number): string => (number === 1 ? 'was' : 'were');

/** The reason of an alarm that has no data. */
export const unknownReason = (periods: number): string => `Insufficient Data: ${count(periods, 'datapoint')} ${was(periods)} unknown.`;

/**
 * The reason of a state as CloudWatch words it (CloudWatch user guide, "Alarm events and EventBridge"): what was seen and when, latest first,
 * or how silence was taken.
 */
export function reasonFor(input: Json, { points, breaching, needed, from, to }: Evaluated): string {
  const periods = Number(input['EvaluationPeriods'] ?? 1);
  if (points.length === 0) {
    const treated = input['TreatMissingData'] === 'breaching' ? 'Breaching' : 'NonBreaching';
    const missing = `${count(periods, 'missing datapoint')} ${was(periods)} treated as [${treated}]`;
    return `Threshold Crossed: no datapoints were received for ${count(periods, 'period')} and ${missing}.`;
  }
  const shown = [...(breaching.length > 0 ? breaching : points)].reverse();
  const values = shown.map(({ timestamp, value }) => `${decimal(value)} (${timeText(timestamp)})`).join(', ');
  const seen = `${shown.length} out of the last ${periods} datapoints [${values}]`;
  const comparison = `${was(shown.length)}${breaching.length > 0 ? '' : ' not'} ${COMPARISONS[String(input['ComparisonOperator'])]}`;
  const minimum = `minimum ${count(to === 'ALARM' ? needed : periods - needed + 1, 'datapoint')} for ${from} -> ${to} transition`;
  return `Threshold Crossed: ${seen} ${comparison} the threshold (${decimal(Number(input['Threshold']))}) (${minimum}).`;
}

const decimal = (value: number): string => (Number.isInteger(value) ? value.toFixed(1) : String(value));

/** `23/11/26 14:45:00` */
function timeText(timestamp: number): string {
  const [date = '', time = ''] = new Date(timestamp).toISOString().split('T');
  const [year = '', month, day] = date.split('-');
  return `${day}/${month}/${year.slice(2)} ${time.slice(0, 8)}`;
}
