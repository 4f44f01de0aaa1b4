import { matchText } from '../retry/describe-retries.ts';
import { type ErrorRule, strangerAmong } from '../retry/error-rules.ts';
import { shown } from '../retry/shown.ts';
import { unreachedRules } from '../retry/unreached-rules.ts';

/**
 * What is wrong with a list of error rules, as a sentence that begins with what the list is called; undefined when nothing is. The same at
 * synth and at start.
 */
export function ruleListFault(called: string, rules: readonly ErrorRule[]): string | undefined {
  if (!Array.isArray(rules)) return `${called} is ${shown(rules)}; it is a list of what errorRule() gives`;
  const stranger = strangerAmong(rules);
  if (stranger) return `${called} has ${stranger.text} as rule ${stranger.index + 1}; make each with errorRule(match, outcome)`;
  const [unreached] = unreachedRules(rules);
  if (!unreached) return undefined;
  const numbered = (index: number) => `rule ${index + 1} (${rules[index] ? matchText(rules[index].match) : ''})`;
  return `${called} has a ${numbered(unreached.rule)} that is never reached, for ${numbered(unreached.behind)} matches all that it does: put it before that one, or remove it`;
}
