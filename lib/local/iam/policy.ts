import { compileCondition } from './condition.ts';
import type { ConditionContext } from './condition-context.ts';
import { list, type PolicyStatement, parsePolicyDocument } from './policy-document.ts';
import { fillVariables, hasVariables } from './policy-variables.ts';
import { compilePrincipal, type PrincipalMatch, type PrincipalNames } from './principal.ts';
import { wildcard } from './wildcard.ts';

/** What a statement is asked. `resource` undefined means that the request does not say which one: any will do. */
export interface StatementQuestion {
  /** Lower case, e.g. `sqs:sendmessage`. */
  readonly action: string;
  readonly resource: string | undefined;
  readonly context: ConditionContext;
}

/** A statement ready to be asked. */
interface CompiledStatement {
  readonly effect: 'Allow' | 'Deny';
  /** Whether action, resource and condition hold. */
  applies(question: StatementQuestion): boolean;
  /** How the statement names a caller; `direct` in identity policies, which have no Principal. */
  names(principal: PrincipalNames): PrincipalMatch;
}

/** A policy ready to be asked. */
export type CompiledPolicy = readonly CompiledStatement[];

const CACHE_LIMIT = 5_000;
const byText = new Map<string, CompiledPolicy>();

/** Compiles a policy; the same text is compiled once per process. */
export function compilePolicy(source: unknown): CompiledPolicy {
  const text = typeof source === 'string' ? source : JSON.stringify(source);
  const known = byText.get(text);
  if (known !== undefined) return known;
  const compiled = list(parsePolicyDocument(text).Statement).map(compileStatement);
  if (byText.size >= CACHE_LIMIT) byText.clear();
  byText.set(text, compiled);
  return compiled;
}

function compileStatement(statement: PolicyStatement): CompiledStatement {
  const action = compileActions(statement);
  const resource = compileResources(statement);
  const condition = compileCondition(statement.Condition);
  return {
    effect: statement.Effect,
    applies: (question) => action(question.action) && resource(question) && condition(question.context),
    names: compileNames(statement),
  };
}

function compileActions(statement: PolicyStatement): (action: string) => boolean {
  const matches = anyAction(list(statement.Action ?? statement.NotAction));
  return statement.Action === undefined ? (action) => !matches(action) : matches;
}

function anyAction(patterns: readonly string[]): (action: string) => boolean {
  const lower = patterns.map((pattern) => pattern.toLowerCase());
  const exact = new Set(lower.filter((pattern) => !/[*?]/.test(pattern)));
  const open = lower.filter((pattern) => /[*?]/.test(pattern)).map(wildcard);
  return (action) => exact.has(action) || open.some((matches) => matches(action));
}

function compileResources(statement: PolicyStatement): (question: StatementQuestion) => boolean {
  if (statement.Resource !== undefined) return anyResource(list(statement.Resource));
  if (statement.NotResource === undefined) return () => true;
  const excluded = anyResource(list(statement.NotResource));
  return (question) => question.resource === undefined || !excluded(question);
}

function anyResource(patterns: readonly string[]): (question: StatementQuestion) => boolean {
  const fixed = patterns.filter((pattern) => !hasVariables(pattern)).map(wildcard);
  const variable = patterns.filter(hasVariables);
  return ({ resource, context }) => {
    if (resource === undefined) return true;
    if (fixed.some((matches) => matches(resource))) return true;
    return variable.some((pattern) => {
      const filled = fillVariables(pattern, context);
      return filled !== undefined && wildcard(filled)(resource);
    });
  };
}

function compileNames(statement: PolicyStatement): (principal: PrincipalNames) => PrincipalMatch {
  if (statement.Principal !== undefined) return compilePrincipal(statement.Principal);
  if (statement.NotPrincipal === undefined) return () => 'direct';
  const excluded = compilePrincipal(statement.NotPrincipal);
  return (principal) => (excluded(principal) === undefined ? 'direct' : undefined);
}
