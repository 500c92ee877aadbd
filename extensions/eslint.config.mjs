// Lint rules of both front ends; formatting is prettier's.
import js from '@eslint/js';
import tseslint from 'typescript-eslint';

export default tseslint.config(
  {
    ignores: [
      '**/node_modules/**',
      '**/lib/**',
      '**/build/**',
      '**/dist/**',
      '**/*.mjs',
      '**/*.cjs',
      '**/*.js'
    ]
  },
  js.configs.recommended,
  ...tseslint.configs.strict,
  {
    files: ['**/*.{ts,tsx}'],
    rules: {
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      '@typescript-eslint/no-invalid-void-type': 'off', // Lumino's signals are ISignal<this, void>
      '@typescript-eslint/no-namespace': 'off', // CommandIDs is a namespace everywhere in JupyterLab
      'max-lines': ['error', 320],
      'no-console': 'error',
      'no-undef': 'off' // the type checker knows
    }
  }
);
