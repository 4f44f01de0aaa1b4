import { type ErrorMatch, type ErrorPattern, type ErrorRule, typeName } from './error-rules.ts';

/** A rule that no failure gets to, and the one before it that takes them all; both by their place in the list, from 0. */
export interface UnreachedRule {
  readonly rule: number;
  readonly behind: number;
}

/**
 * The rules of one list that never decide, because one before them matches whatever they match. A rule for `Error` itself counts as one for
 * everything: what is no error is rarely thrown, and never meant by a rule that stands behind it.
 *
 * @example
 * unreachedRules([errorRule(Error, retry()), errorRule({ code: 'CARD_EXPIRED' }, deadLetter())]); // => [{ rule: 1, behind: 0 }]
 */
export function unreachedRules(rules: readonly ErrorRule[]): readonly UnreachedRule[] {
  return rules.flatMap(({ match }, rule) => {
    const behind = rules.slice(0, rule).findIndex((before) => isForEverything(before.match) || covers(before.match, match));
    return behind === -1 ? [] : [{ rule, behind }];
  });
}

const patternOf = (match: ErrorMatch): ErrorPattern => (typeof match === 'function' ? { class: match } : match);

function isForEverything(match: ErrorMatch): boolean {
  const { class: of, ...rest } = patternOf(match);
  return of === Error && Object.values(rest).every((member) => member === undefined);
}

/** Whether the one matches whatever the other does: all that it wants, the other wants too. */
function covers(one: ErrorMatch, other: ErrorMatch): boolean {
  const wanted = patternOf(one);
  const given = patternOf(other);
  const { class: of, cause, type } = wanted;
  if (of !== undefined && !(given.class === of || given.class?.prototype instanceof of)) return false;
  if (cause !== undefined && !(given.cause !== undefined && covers(cause, given.cause))) return false;
  if (type !== undefined && !(given.type !== undefined && typeName(given.type) === typeName(type))) return false;
  return (['code', 'name', 'when'] as const).every((name) => wanted[name] === undefined || wanted[name] === given[name]);
}
