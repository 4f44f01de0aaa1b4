type Payload = Readonly<Record<string, unknown>>;

interface Shape {
  readonly event: string;
  /** Members that a payload of the event has. */
  readonly has: readonly string[];
  /** Members that it lacks. */
  readonly lacks?: readonly string[];
  readonly when?: (payload: Payload) => boolean;
}

const within = (payload: Payload, member: string, key: string): boolean => {
  const value = payload[member];
  return typeof value === 'object' && value !== null && key in value;
};

/** Telling members, the most specific first: a review also has a pull request. GitHub names the event only in a header. */
const SHAPES: readonly Shape[] = [
  { event: 'pull_request_review', has: ['review', 'pull_request'] },
  { event: 'pull_request_review_thread', has: ['thread', 'pull_request'] },
  { event: 'pull_request_review_comment', has: ['comment', 'pull_request'] },
  { event: 'issue_comment', has: ['comment', 'issue'] },
  { event: 'discussion_comment', has: ['comment', 'discussion'] },
  { event: 'commit_comment', has: ['comment'] },
  { event: 'issues', has: ['issue'] },
  { event: 'pull_request', has: ['pull_request'] },
  { event: 'discussion', has: ['discussion'] },
  { event: 'deployment_status', has: ['deployment_status'] },
  { event: 'deployment_review', has: ['workflow_job_run'] },
  { event: 'check_run', has: ['check_run'] },
  { event: 'check_suite', has: ['check_suite'] },
  { event: 'workflow_job', has: ['workflow_job'] },
  { event: 'deployment', has: ['deployment'] },
  { event: 'workflow_run', has: ['workflow_run'] },
  { event: 'workflow_dispatch', has: ['inputs', 'workflow'] },
  { event: 'release', has: ['release'] },
  { event: 'milestone', has: ['milestone'] },
  { event: 'label', has: ['label'] },
  { event: 'project_card', has: ['project_card'] },
  { event: 'project_column', has: ['project_column'] },
  { event: 'projects_v2_item', has: ['projects_v2_item'] },
  { event: 'project', has: ['project'] },
  { event: 'package', has: ['package'] },
  { event: 'page_build', has: ['build'] },
  { event: 'gollum', has: ['pages'] },
  { event: 'dependabot_alert', has: ['alert'], when: (payload) => within(payload, 'alert', 'dependency') },
  { event: 'code_scanning_alert', has: ['alert'], when: (payload) => within(payload, 'alert', 'tool') },
  { event: 'repository_vulnerability_alert', has: ['alert'] },
  { event: 'fork', has: ['forkee'] },
  { event: 'create', has: ['ref_type', 'master_branch'] },
  { event: 'delete', has: ['ref_type'] },
  { event: 'push', has: ['ref', 'commits'] },
  { event: 'ping', has: ['zen'] },
  { event: 'meta', has: ['hook'] },
  { event: 'deploy_key', has: ['key'] },
  { event: 'branch_protection_rule', has: ['rule'] },
  { event: 'merge_group', has: ['merge_group'] },
  { event: 'membership', has: ['member', 'team'] },
  { event: 'member', has: ['member'] },
  { event: 'organization', has: ['membership'] },
  { event: 'org_block', has: ['blocked_user'] },
  { event: 'marketplace_purchase', has: ['marketplace_purchase'] },
  { event: 'sponsorship', has: ['sponsorship'] },
  { event: 'security_advisory', has: ['security_advisory'] },
  { event: 'star', has: ['starred_at'] },
  { event: 'repository_dispatch', has: ['client_payload'] },
  { event: 'status', has: ['sha', 'state'] },
  { event: 'team_add', has: ['team', 'repository'], lacks: ['action'] },
  { event: 'team', has: ['team'] },
  { event: 'installation_repositories', has: ['repositories_added'] },
  { event: 'organization', has: ['organization', 'action'], lacks: ['repository'] },
  { event: 'installation', has: ['installation'], lacks: ['repository'] },
  { event: 'repository_import', has: ['repository', 'status'] },
  { event: 'watch', has: ['repository', 'action'], when: ({ action }) => action === 'started' },
  { event: 'repository', has: ['repository', 'action'] },
  { event: 'public', has: ['repository'] },
  { event: 'github_app_authorization', has: ['sender', 'action'] },
];

/** The event that a bare payload most probably belongs to; undefined when nothing tells. For files that lost GitHub's headers. */
export function inferEvent(payload: unknown): string | undefined {
  if (typeof payload !== 'object' || payload === null || Array.isArray(payload)) return undefined;
  const given = payload as Payload;
  return SHAPES.find(
    ({ has, lacks = [], when }) =>
      has.every((member) => member in given) && !lacks.some((member) => member in given) && (when?.(given) ?? true),
  )?.event;
}
