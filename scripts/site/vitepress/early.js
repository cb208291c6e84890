// Before the first paint: dark or light, and the key that opens the search.
(() => {
  const root = document.documentElement.classList;
  const chosen = localStorage.getItem('vitepress-theme-appearance') || 'auto';
  const isDark = matchMedia('(prefers-color-scheme: dark)').matches;
  root.toggle('dark', chosen === 'auto' ? isDark : chosen === 'dark');
  root.toggle('mac', /Mac|iPhone|iPod|iPad/i.test(navigator.platform));
})();
