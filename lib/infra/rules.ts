import type { Construct } from 'constructs';
import { PosthasteError } from '../core/errors.ts';

/**
 * One thing that must not be. `when` says that it is, `message` says it to a person: the value that was given, the rule it breaks and
 * the cure. The construct's path is put in front by the runner.
 */
export interface Rule<Facts> {
  readonly when: (facts: Facts) => boolean;
  readonly message: (facts: Facts) => string;
}

/** A construct was given values that cannot work together; `cdk synth` stops here instead of production. */
export class ConfigurationError extends PosthasteError {
  constructor(path: string, violations: readonly string[]) {
    super(violations.map((violation) => `${path}: ${violation}`).join('\n'), { code: 'CONFIGURATION_INVALID' });
  }
}

/** The messages of every rule that the facts break, in the order of the table. */
export function violationsOf<Facts>(rules: readonly Rule<Facts>[], facts: Facts): readonly string[] {
  return rules.filter((rule) => rule.when(facts)).map((rule) => rule.message(facts));
}

/** Throws one `ConfigurationError` that lists everything wrong with a construct's props. */
export function enforce<Facts>(scope: Construct, rules: readonly Rule<Facts>[], facts: Facts): void {
  const violations = violationsOf(rules, facts);
  if (violations.length > 0) throw new ConfigurationError(scope.node.path, violations);
}

/** For callers that no compiler checked: throws a `ConfigurationError` that lists what is missing. */
export function requireProps<Props extends object>(
  scope: Construct,
  props: Props | undefined,
  names: readonly (keyof Props & string)[],
): void {
  const missing = names.filter((name) => props?.[name] === undefined);
  const violation = `${missing.join(', ')} ${missing.length === 1 ? 'is' : 'are'} not given; needed are ${names.join(', ')}`;
  if (missing.length > 0) throw new ConfigurationError(scope.node.path, [violation]);
}

/**
 * Checks the same kind of table once more when the app is synthesized, against what the resources then say: a property changed through an
 * escape hatch (`queue.node.defaultChild`) is held to the rule that its prop was held to.
 */
export function enforceAtSynth<Facts>(scope: Construct, rules: readonly Rule<Facts>[], facts: () => Facts): void {
  scope.node.addValidation({ validate: () => violationsOf(rules, facts()).map((violation) => `${scope.node.path}: ${violation}`) });
}
