using Registry.Api.Commands;

return await CommandLine.RunAsync(args);
