import * as z from 'zod';
import { defineCommand, defineEvent } from '../../index.ts';
import { GITHUB_TOPICS } from './github.contract.ts';

/**
 * One message per webhook event of GitHub. A schema covers what the handlers of this application read, no more: a payload that breaks
 * one of these fields is parked with its reason, and a payload that grows others keeps flowing.
 * Wire names are GitHub's event names in kebab-case; payloads: https://docs.github.com/webhooks/webhook-events-and-payloads
 */
const anything = {
  action: z.string().optional(),
  sender: z.object({ login: z.string() }).optional(),
  repository: z.object({ full_name: z.string() }).optional(),
};

const numbered = z.object({ number: z.number().int().positive() });

const event = <Shape extends z.core.$ZodLooseShape>(name: string, shape: Shape) =>
  defineEvent({ name: `github.${name}`, version: 1, schema: z.object({ ...anything, ...shape }) });

/** Events about one numbered thing of a repository also travel on the ordered topic, in the order of their commits. */
const ordered = <Shape extends z.core.$ZodLooseShape>(name: string, shape: Shape) =>
  defineEvent({
    name: `github.${name}`,
    version: 1,
    schema: z.object({ ...anything, ...shape }),
    key: (payload) => activityKey(payload),
    topics: [GITHUB_TOPICS.events, GITHUB_TOPICS.ordered],
  });

/** `owner/repository/number` of a payload, read defensively: webhooks are foreign data. */
export function activityKey(payload: unknown): string | undefined {
  const { repository, issue, pull_request, discussion } = (payload ?? {}) as Record<string, Record<string, unknown> | undefined>;
  const name = repository?.['full_name'];
  const number = (issue ?? pull_request ?? discussion)?.['number'];
  return typeof name === 'string' && typeof number === 'number' ? `${name}/${number}` : undefined;
}

export const BranchProtectionRule = event('branch-protection-rule', {});
export const CheckRun = event('check-run', {});
export const CheckSuite = event('check-suite', {});
export const CodeScanningAlert = event('code-scanning-alert', { alert: numbered });
export const CommitComment = event('commit-comment', {});
export const Create = event('create', {});
export const Delete = event('delete', {});
export const DependabotAlert = event('dependabot-alert', { alert: numbered });
export const DeployKey = event('deploy-key', {});
export const Deployment = event('deployment', {});
export const DeploymentReview = event('deployment-review', {});
export const DeploymentStatus = event('deployment-status', {});
export const Discussion = ordered('discussion', { discussion: numbered });
export const DiscussionComment = ordered('discussion-comment', { discussion: numbered });
export const Fork = event('fork', {});
export const GithubAppAuthorization = event('github-app-authorization', {});
export const Gollum = event('gollum', {});
export const Installation = event('installation', { installation: z.object({ suspended_at: z.string().nullable() }) });
export const InstallationRepositories = event('installation-repositories', {});
export const IssueComment = ordered('issue-comment', { issue: numbered });
export const Issues = ordered('issues', { issue: numbered });
export const Label = event('label', {});
export const MarketplacePurchase = event('marketplace-purchase', {});
export const Member = event('member', {});
export const Membership = event('membership', {});
export const MergeGroup = event('merge-group', {});
export const Meta = event('meta', {});
export const Milestone = event('milestone', {});
export const Organization = event('organization', {});
export const OrgBlock = event('org-block', {});
export const Package = event('package', {});
export const PageBuild = event('page-build', {});
export const Ping = event('ping', {});
export const Project = event('project', {});
export const ProjectCard = event('project-card', {});
export const ProjectColumn = event('project-column', {});
export const ProjectsV2Item = event('projects-v2-item', {});
export const Public = event('public', {});
export const PullRequest = ordered('pull-request', { pull_request: numbered });
export const PullRequestReview = ordered('pull-request-review', { pull_request: numbered.extend({ draft: z.boolean() }) });
export const PullRequestReviewComment = ordered('pull-request-review-comment', { pull_request: numbered });
export const PullRequestReviewThread = ordered('pull-request-review-thread', { pull_request: numbered });
export const Push = event('push', {});
export const Release = event('release', { release: z.object({ name: z.string(), tag_name: z.string() }) });
export const RepositoryDispatch = event('repository-dispatch', {});
export const Repository = event('repository', {});
export const RepositoryImport = event('repository-import', {});
export const RepositoryVulnerabilityAlert = event('repository-vulnerability-alert', { alert: numbered });
export const SecurityAdvisory = event('security-advisory', {
  security_advisory: z.object({ ghsa_id: z.string(), summary: z.string(), cvss: z.object({ score: z.number() }) }),
});
export const Sponsorship = event('sponsorship', {
  changes: z.object({ tier: z.object({ from: z.object({ is_one_time: z.boolean() }) }) }).optional(),
});
export const Star = event('star', {});
export const Status = event('status', {});
export const Team = event('team', {});
export const TeamAdd = event('team-add', {});
export const Watch = event('watch', {});
export const WorkflowDispatch = event('workflow-dispatch', {});
export const WorkflowJob = event('workflow-job', {});
export const WorkflowRun = event('workflow-run', {});

/** All of them. */
export const GITHUB_EVENTS = [
  BranchProtectionRule,
  CheckRun,
  CheckSuite,
  CodeScanningAlert,
  CommitComment,
  Create,
  Delete,
  DependabotAlert,
  DeployKey,
  Deployment,
  DeploymentReview,
  DeploymentStatus,
  Discussion,
  DiscussionComment,
  Fork,
  GithubAppAuthorization,
  Gollum,
  Installation,
  InstallationRepositories,
  IssueComment,
  Issues,
  Label,
  MarketplacePurchase,
  Member,
  Membership,
  MergeGroup,
  Meta,
  Milestone,
  Organization,
  OrgBlock,
  Package,
  PageBuild,
  Ping,
  Project,
  ProjectCard,
  ProjectColumn,
  ProjectsV2Item,
  Public,
  PullRequest,
  PullRequestReview,
  PullRequestReviewComment,
  PullRequestReviewThread,
  Push,
  Release,
  RepositoryDispatch,
  Repository,
  RepositoryImport,
  RepositoryVulnerabilityAlert,
  SecurityAdvisory,
  Sponsorship,
  Star,
  Status,
  Team,
  TeamAdd,
  Watch,
  WorkflowDispatch,
  WorkflowJob,
  WorkflowRun,
] as const;

/** Greets the author of a newly opened issue, pull request or discussion. */
export const WelcomeAuthor = defineCommand({
  name: 'github.welcome-author',
  version: 1,
  schema: z.object({ login: z.string(), subject: z.string() }),
});
