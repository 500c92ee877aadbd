/** The icons of the workbench: 16 px outlines that take the theme's colours. */
import { LabIcon } from '@jupyterlab/ui-components';

function outline(name: string, paths: string): LabIcon {
  const svgstr =
    '<svg xmlns="http://www.w3.org/2000/svg" width="16" viewBox="0 0 16 16">' +
    '<g class="jp-icon3 jp-icon-selectable wb-outline" fill="none" stroke="#616161" stroke-width="1.3" ' +
    `stroke-linecap="round" stroke-linejoin="round">${paths}</g></svg>`;
  return new LabIcon({ name: `perception-workbench:${name}`, svgstr });
}

/** An eye in the frame of a loop: what is seen goes round and comes back. */
export const workbenchIcon = outline(
  'workbench',
  '<path d="M13.6 5.2A6.3 6.3 0 1 0 14.3 8"/><path d="M14.2 2.4v3h-3"/>' +
    '<path d="M4.4 8S5.8 5.7 8 5.7 11.6 8 11.6 8 10.2 10.3 8 10.3 4.4 8 4.4 8Z"/><circle cx="8" cy="8" r=".9"/>'
);
export const datasetIcon = outline(
  'dataset',
  '<rect x="2" y="2" width="5" height="5" rx="1"/><rect x="9" y="2" width="5" height="5" rx="1"/>' +
    '<rect x="2" y="9" width="5" height="5" rx="1"/><rect x="9" y="9" width="5" height="5" rx="1"/>'
);
export const labelingIcon = outline(
  'labeling',
  '<path d="M2 3v4.4L8.6 14 14 8.6 7.4 2H3a1 1 0 0 0-1 1Z"/><circle cx="5" cy="5" r=".8"/>'
);
export const runIcon = outline('run', '<path d="M1.5 8.5H4L6 3l3.5 10 2-4.5h3"/>');
export const scheduleIcon = outline(
  'schedule',
  '<circle cx="8" cy="8" r="6.2"/><path d="M8 4.2V8l2.6 1.8"/>'
);
export const modelIcon = outline(
  'model',
  '<path d="m8 1.8 5.4 3.1v6.2L8 14.2l-5.4-3.1V4.9L8 1.8Z"/><path d="M2.6 4.9 8 8l5.4-3.1M8 8v6.2"/>'
);
export const serviceIcon = outline(
  'service',
  '<circle cx="8" cy="8" r="1.4"/><path d="M4.9 11.1a4.4 4.4 0 0 1 0-6.2M11.1 4.9a4.4 4.4 0 0 1 0 6.2"/>' +
    '<path d="M2.8 13.2a7.4 7.4 0 0 1 0-10.4M13.2 2.8a7.4 7.4 0 0 1 0 10.4"/>'
);
export const promoteIcon = outline(
  'promote',
  '<path d="M8 11V2.5M4.5 6 8 2.5 11.5 6"/><path d="M2.5 13.5h11"/>'
);
export const deployIcon = outline(
  'deploy',
  '<path d="M6.2 9.8 3.4 9l2-3.2 2.2-.2C9.3 3.2 11.3 2 14 2c0 2.7-1.2 4.7-3.6 6.4l-.2 2.2-3.2 2-.8-2.8Z"/>' +
    '<path d="M4.6 11.4 2.2 13.8"/><circle cx="10.5" cy="5.5" r=".9"/>'
);
export const labelIcon = labelingIcon;

const BY_KIND: Readonly<Record<string, LabIcon>> = {
  dataset: datasetIcon,
  labeling: labelingIcon,
  run: runIcon,
  schedule: scheduleIcon,
  model: modelIcon,
  service: serviceIcon
};

export function iconOf(kind: string): LabIcon {
  return BY_KIND[kind] ?? workbenchIcon;
}
