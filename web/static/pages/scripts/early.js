// Before the first paint: the theme and the language that were chosen here, or else the device's.
(function () {
  var root = document.documentElement;
  var dark = window.matchMedia("(prefers-color-scheme: dark)");
  function stored(name) {
    try {
      return localStorage.getItem("quizwire." + name);
    } catch (error) {
      return null; // storage is forbidden
    }
  }
  function paint() {
    var theme = stored("theme");
    root.dataset.theme = theme === "light" || theme === "dark" ? theme : dark.matches ? "dark" : "light";
  }
  paint();
  if (dark.addEventListener) dark.addEventListener("change", paint);
  window.addEventListener("storage", paint);
  root.lang = stored("language") || "en";
})();
