using Registry.Bench.Baseline;

// What ASP.NET Core does at best on this machine: controllers without a registry behind them. It logs nothing but its
// address.
var builder = WebApplication.CreateBuilder(args);
builder.Logging.SetMinimumLevel(LogLevel.Warning).AddFilter("Microsoft.Hosting.Lifetime", LogLevel.Information);
builder.WebHost.ConfigureKestrel(
    kestrel => (kestrel.AddServerHeader, kestrel.Limits.MaxRequestBodySize) = (false, null));
builder.Services.AddSingleton(
    new Folders(builder.Configuration["files"] ?? ".", builder.Configuration["pushed"] ?? "."));
builder.Services.AddControllers()
    .ConfigureApplicationPartManager(parts => parts.FeatureProviders.Add(new InternalControllers()));
var app = builder.Build();
app.MapControllers();
await app.RunAsync();
