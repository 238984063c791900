using Registry.Api.Hosting;

return await RegistryApplication.RunAsync(args);
