// What of the package can be asked for by its path.
const code = (path) => {
  try {
    require(path);
    return 'there';
  } catch (error) {
    return error.code;
  }
};

const paths = ['cryptoki', 'cryptoki/raw', 'cryptoki/package.json', 'cryptoki/dist/index.js', 'cryptoki/dist/wire/client.js', 'cryptoki/lib'];
console.log(JSON.stringify(Object.fromEntries(paths.map((path) => [path, code(path)]))));
