// Tools by name; those with a drawing library are modules of their own, fetched from Python when they are needed.

import { type IModel } from '../anywidget';
import { choose, pair, write } from './choose';
import { type ISetup, type ITraits, type Tool } from './protocol';
import { rank } from './rank';
import { type MakeTool } from './tool';
import { ask } from './wire';

const HERE: Partial<Record<Tool, MakeTool>> = { choose, pair, write, rank };
const PATIENCE_MS = 30_000;
/** As for the first question for work: it may be lost. */
const FIRST_MS = 1500;

export async function load(model: IModel<ITraits>, { tool, part }: ISetup): Promise<MakeTool> {
  const here = HERE[tool];
  if (here) {
    return here;
  }
  const fetch = async (patience: number): Promise<string> =>
    (await ask<{ code: string }>(model, 'part', { name: part }, patience)).told.code;
  const code = await fetch(FIRST_MS).catch(() => fetch(PATIENCE_MS));
  const url = URL.createObjectURL(new Blob([code], { type: 'text/javascript' }));
  try {
    const module = (await import(/* @vite-ignore */ url)) as { default: MakeTool };
    return module.default;
  } finally {
    URL.revokeObjectURL(url);
  }
}
